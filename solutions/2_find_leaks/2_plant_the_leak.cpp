#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t blocks, std::size_t bytes)
{
    for (std::size_t i = 0; i < blocks; ++i) {
        [[maybe_unused]] const void* const lost = std::malloc(bytes);
    }
}
