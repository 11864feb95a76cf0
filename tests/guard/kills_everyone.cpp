// Sends SIGKILL to all processes of its user, as one does by mistake with what a failed fork()
// returned: it is refused. The answer is right.
// says: passes: 2 of 2 test cases
#include "spec/hostile.hpp"

#include <csignal>

int twice(int number)
{
    const pid_t child = -1;
    kill(child, SIGKILL);
    return 2 * number;
}
