// Adds a byte to each block.
// refused by: a thousand blocks of 3 bytes are a thousand, not one of 3000 bytes

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t blocks, std::size_t bytes)
{
    for (std::size_t i = 0; i < blocks; ++i) {
        [[maybe_unused]] void* const lost = std::malloc(bytes + 1);
    }
}
