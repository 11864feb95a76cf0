// The work that the leak counter is timed with: compiled once, and linked with hooks and without.
#pragma once

#include <string_view>

namespace bench {

struct task
{
    std::string_view functions; // new or malloc: which allocate
    // lifo: batches of 64 blocks of 16 to 512 bytes, freed in the opposite order;
    // live: of 100,000 such blocks, one at random replaced at a time.
    std::string_view pattern;
    int threads = 1;
    long pairs = 1'000'000; // allocations with their frees, of all threads together
};

// Nanoseconds per pair. Throws std::invalid_argument for functions or a pattern that it does not
// know.
[[nodiscard]] double time_of(const task& work);

} // namespace bench
