// Sends itself SIGKILL, which can be neither caught nor ignored.
// says: killed by signal 9
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <csignal>

int twice(int number)
{
    std::raise(SIGKILL);
    return 2 * number;
}
