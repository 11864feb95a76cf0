// Loses one block even if none is asked for.
// refused by: 0 blocks: nothing is lost

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t blocks, std::size_t bytes)
{
    std::size_t lost = 0;
    do {
        [[maybe_unused]] const void* const block = std::malloc(bytes);
    } while (++lost < blocks);
}
