// Chains the blocks where an address fits in: only the last is definitely lost.
// refused by: five blocks are lost, each definitely: no pointer leads to any of them

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t blocks, std::size_t bytes)
{
    void* last = nullptr;
    for (std::size_t i = 0; i < blocks; ++i) {
        void* const block = std::malloc(bytes);
        if (bytes >= sizeof(void*)) *static_cast<void**>(block) = last;
        last = block;
    }
}
