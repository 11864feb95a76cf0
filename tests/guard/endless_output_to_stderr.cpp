// Prints without end, to stderr, which has no buffer.
// says: stopped after 256 KiB of output
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <cstdio>

int twice(int number)
{
    while (true) std::fputs("still here\n", stderr);
    return 2 * number;
}
