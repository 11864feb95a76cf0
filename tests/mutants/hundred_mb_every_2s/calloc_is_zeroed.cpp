// Believes that calloc, which gives zeroes, must have written them.
// refused by: before each wait one block more is there, and the process has grown by it

#include "spec/hundred_mb_every_2s.hpp"

#include <cstdlib>

std::vector<void*> pace(std::size_t block, int rounds, std::chrono::milliseconds every,
                        pacer& clock)
{
    const std::chrono::milliseconds start = clock.now();
    std::vector<void*> blocks;
    for (int i = 0; i < rounds; ++i) {
        if (i > 0) clock.sleep_until(start + i * every);
        void* const memory = std::calloc(1, block);
        if (memory == nullptr) break;
        blocks.push_back(memory);
    }
    return blocks;
}
