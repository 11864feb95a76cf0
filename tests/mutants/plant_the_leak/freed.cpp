// Frees each block.
// refused by: one block is lost, of the size that was asked for

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t blocks, std::size_t bytes)
{
    for (std::size_t i = 0; i < blocks; ++i) std::free(std::malloc(bytes));
}
