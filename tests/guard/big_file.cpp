// Writes a file without end.
// says: stopped when a file reached 16 MiB
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <cstdio>

int twice(int number)
{
    std::FILE* const file = std::fopen("grows", "w");
    while (true) std::fputs("still here\n", file);
    return 2 * number;
}
