// The work that the leak counter is timed with. Linked with and without hooks, and compiled once, so that the call sites
// are the same.
#pragma once

#include <cstddef>
#include <string_view>

namespace bench {

struct task
{
    std::string_view pattern; // lifo: batches of 64 blocks, freed in the opposite order; live: of 100,000, one at random replaced
    int threads = 1;
    long pairs = 1'000'000; // allocations with their frees, of all threads together
};

// Nanoseconds per pair. Throws std::invalid_argument for an unknown pattern.
[[nodiscard]] double time_of(const task& work);

} // namespace bench
