// Obtains everything first, and only then keeps the pace.
// refused by: before each wait one block more is there, and the process has grown by it

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
    }
    for (int i = 1; i < rounds; ++i) clock.sleep_until(start + i * every);
    return blocks;
}
