// A getpid() of the learner's own, which nothing that matters may call. The answer is wrong.
// says: your file defines `getpid`
// says without the gate: 0 of 2 test cases pass
#include "spec/hostile.hpp"

#include <unistd.h>

extern "C" pid_t getpid() noexcept
{
    return 1;
}

int twice(int)
{
    return 0;
}
