// Prints without end.
// says: stopped after 256 KiB of output
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <cstdio>

int twice(int number)
{
    while (true) std::puts("still here");
    return 2 * number;
}
