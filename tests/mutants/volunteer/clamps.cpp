// Makes a number that the kernel would refuse one that it takes.
// refused by: a number that the kernel refuses is an exception, and changes nothing

#include "spec/volunteer.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace {

constexpr const char* file_of_adj = "/proc/self/oom_score_adj";

int read_adj()
{
    int adj = 0;
    if (!(std::ifstream{file_of_adj} >> adj)) throw std::runtime_error{"cannot read my adj"};
    return adj;
}

// Whether the kernel has accepted the number: a stream keeps it back until it is flushed.
bool write_adj(int adj)
{
    std::ofstream file{file_of_adj};
    file << adj << std::flush;
    return file.good();
}

} // namespace

volunteer::volunteer(int adj) : before_{read_adj()}
{
    if (!write_adj(std::clamp(adj, -1000, 1000)))
        throw std::runtime_error{"the kernel refuses this oom_score_adj"};
}

volunteer::~volunteer()
{
    write_adj(before_);
}
