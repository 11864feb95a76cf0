// Allocates without end and touches every page.
// says: stopped at 512 MiB of memory
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <cstdlib>
#include <cstring>

int twice(int number)
{
    constexpr std::size_t block = 1 << 20;
    while (true) std::memset(std::malloc(block), 1, block);
    return 2 * number;
}
