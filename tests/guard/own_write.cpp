// A write() of the learner's own, which nothing that matters may call. The answer is wrong.
// says: your file defines `write`
// says without the gate: 0 of 2 test cases pass
#include "spec/hostile.hpp"

#include <unistd.h>

extern "C" ssize_t write(int, const void*, size_t size)
{
    return static_cast<ssize_t>(size);
}

int twice(int)
{
    return 0;
}
