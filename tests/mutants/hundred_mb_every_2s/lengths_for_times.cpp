// Hands sleep_until a length instead of a time.
// refused by: the waits end at start + every, start + 2 * every, and so on
// refused by: the start counts, whatever the clock shows then
// refused by: the pace does not drift, though work takes time and sleeps end late

#include "spec/hundred_mb_every_2s.hpp"

#include <cstdlib>
#include <cstring>

std::vector<void*> pace(std::size_t block, int rounds, std::chrono::milliseconds every,
                        pacer& clock)
{
    std::vector<void*> blocks;
    for (int i = 0; i < rounds; ++i) {
        if (i > 0) clock.sleep_until(every);
        void* const memory = std::malloc(block);
        if (memory == nullptr) break;
        std::memset(memory, 1, block);
        blocks.push_back(memory);
    }
    return blocks;
}
