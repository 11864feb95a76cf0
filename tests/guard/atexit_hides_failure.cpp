// A wrong answer that has the exit status of a right one.
// says: 0 of 2 test cases pass
#include "spec/hostile.hpp"

#include <cstdlib>
#include <unistd.h>

int twice(int)
{
    static const int registered = std::atexit([] { _exit(0); });
    return registered;
}
