// Sends SIGKILL to its process group: the guard is not in it.
// says: killed by signal 9
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <csignal>

int twice(int number)
{
    kill(0, SIGKILL);
    return 2 * number;
}
