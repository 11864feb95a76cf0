// Claims success from a signal handler when it crashes.
// says: ended early (exit status 0), before its tests were done
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <csignal>
#include <unistd.h>

int twice(int number)
{
    std::signal(SIGSEGV, [](int) { _exit(0); });
    int* volatile nowhere = nullptr;
    *nowhere = 1;
    return 2 * number;
}
