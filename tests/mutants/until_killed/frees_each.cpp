// Gives each block back before it takes the next.
// refused by: the hog is killed: it neither exits nor goes on for ever
// refused by: it is the OOM killer that kills, once

#include "spec/until_killed.hpp"

#include <cstdlib>
#include <cstring>

void hog()
{
    constexpr std::size_t step = 256 * 1024;
    while (true) {
        void* const block = std::malloc(step);
        if (block != nullptr) std::memset(block, 1, step);
        std::free(block);
    }
}
