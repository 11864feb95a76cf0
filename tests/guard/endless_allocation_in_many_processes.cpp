// Eight processes allocate without end: none of them holds much when they are stopped together.
// says: stopped at 512 MiB of memory
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <cstdlib>
#include <cstring>
#include <unistd.h>

int twice(int number)
{
    constexpr std::size_t block = 1 << 20;
    for (int child = 0; child < 7; ++child) {
        if (fork() == 0) break;
    }
    while (true) std::memset(std::malloc(block), 1, block);
    return 2 * number;
}
