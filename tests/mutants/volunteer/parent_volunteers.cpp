// Offers the parent in its stead.
// refused by: while the volunteer lives, its oom_score_adj is the one asked for
// refused by: with its oom_score_adj the volunteer's score rises
// refused by: other processes keep their oom_score_adj

#include "spec/volunteer.hpp"

#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

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
    std::ofstream file{"/proc/" + std::to_string(::getppid()) + "/oom_score_adj"};
    file << adj << std::flush;
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
