// Every process starts more of them, each in a session of its own: to kill the process group of
// the first ends none of the others.
// says: stopped at 64 processes and threads
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <unistd.h>

int twice(int number)
{
    while (true) {
        if (fork() == 0) setsid();
    }
    return 2 * number;
}
