// Keeps the addresses in a block that is lost as well.
// refused by: five blocks are lost, each definitely: no pointer leads to any of them

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t blocks, std::size_t bytes)
{
    if (blocks == 0) return;
    void** const list = static_cast<void**>(std::malloc(blocks * sizeof(void*)));
    for (std::size_t i = 0; i < blocks; ++i) list[i] = std::malloc(bytes);
}
