// Claims success by _exit(0), which runs no destructor and no atexit function.
// says: ended early (exit status 0), before its tests were done
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <unistd.h>

int twice(int)
{
    _exit(0);
}
