// Writes to oom_adj, as before 2.6.36: its scale goes from -17 to 15.
// refused by: while the volunteer lives, its oom_score_adj is the one asked for

#include "spec/volunteer.hpp"

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
    std::ofstream file{"/proc/self/oom_adj"};
    file << adj * 15 / 1000 << std::flush;
    return file.good();
}

} // namespace

volunteer::volunteer(int adj) : before_{read_adj()}
{
    if (!write_adj(adj)) throw std::runtime_error{"the kernel refuses this oom_score_adj"};
}

volunteer::~volunteer()
{
    write_adj(before_);
}
