// Waits once more when there is nothing left to do.
// refused by: the waits end at start + every, start + 2 * every, and so on
// refused by: behind the last block there is no wait

#include "spec/hundred_mb_every_2s.hpp"

#include <cstdlib>
#include <cstring>

std::vector<void*> pace(std::size_t block, int rounds, std::chrono::milliseconds every,
                        pacer& clock)
{
    const std::chrono::milliseconds start = clock.now();
    std::vector<void*> blocks;
    for (int i = 0; i < rounds; ++i) {
        void* const memory = std::malloc(block);
        if (memory == nullptr) break;
        std::memset(memory, 1, block);
        blocks.push_back(memory);
        clock.sleep_until(start + (i + 1) * every);
    }
    return blocks;
}
