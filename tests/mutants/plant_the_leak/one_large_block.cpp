// Obtains one block that is as large as all of them.
// refused by: a thousand blocks of 3 bytes are a thousand, not one of 3000 bytes

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t blocks, std::size_t bytes)
{
    if (blocks == 0) return;
    [[maybe_unused]] void* const lost = std::malloc(blocks * bytes);
}
