// Starts anew when it is late, so that the line gets a bend.
// refused by: who is late by more than a step keeps to the times all the same

#include "spec/hundred_mb_every_2s.hpp"

#include <cstdlib>
#include <cstring>

std::vector<void*> pace(std::size_t block, int rounds, std::chrono::milliseconds every,
                        pacer& clock)
{
    std::chrono::milliseconds due = clock.now();
    std::vector<void*> blocks;
    for (int i = 0; i < rounds; ++i) {
        if (i > 0) {
            due += every;
            const std::chrono::milliseconds now = clock.now();
            if (due < now) due = now;
            clock.sleep_until(due);
        }
        void* const memory = std::malloc(block);
        if (memory == nullptr) break;
        std::memset(memory, 1, block);
        blocks.push_back(memory);
    }
    return blocks;
}
