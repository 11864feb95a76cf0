// Sleeps two seconds after each piece of work, which takes time itself.
// refused by: the pace does not drift, though work takes time and sleeps end late
// refused by: who is late by more than a step keeps to the times all the same

#include "spec/hundred_mb_every_2s.hpp"

#include <cstdlib>
#include <cstring>

std::vector<void*> pace(std::size_t block, int rounds, std::chrono::milliseconds every,
                        pacer& clock)
{
    std::vector<void*> blocks;
    for (int i = 0; i < rounds; ++i) {
        if (i > 0) clock.sleep_until(clock.now() + every);
        void* const memory = std::malloc(block);
        if (memory == nullptr) break;
        std::memset(memory, 1, block);
        blocks.push_back(memory);
    }
    return blocks;
}
