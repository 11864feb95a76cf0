#include "spec/until_killed.hpp"

#include <cstdlib>
#include <cstring>

void hog()
{
    constexpr std::size_t step = 256 * 1024; // far below what is refused
    while (true) {
        void* const block = std::malloc(step);
        if (block != nullptr) std::memset(block, 1, step);
    }
}
