// Keeps the blocks in a global variable: they are still reachable.
// refused by: a thousand blocks of 3 bytes are a thousand, not one of 3000 bytes

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

static void* kept[1000];

void plant(std::size_t blocks, std::size_t bytes)
{
    for (std::size_t i = 0; i < blocks; ++i) kept[i % 1000] = std::malloc(bytes);
}
