// Every process starts more of them.
// says: stopped at 64 processes and threads
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <unistd.h>

int twice(int number)
{
    while (true) fork();
    return 2 * number;
}
