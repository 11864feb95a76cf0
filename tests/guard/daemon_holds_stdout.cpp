// Leaves a daemon behind that keeps the standard output open for a minute. The answer is right.
// says: passes: 2 of 2 test cases
#include "spec/hostile.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace {

// A child of a child, in a session of its own: who waits for its parent does not wait for it.
void start_daemon()
{
    const pid_t child = fork();
    if (child != 0) {
        waitpid(child, nullptr, 0);
        return;
    }
    setsid();
    if (fork() != 0) _exit(0);
    sleep(60);
    _exit(0);
}

} // namespace

int twice(int number)
{
    start_daemon();
    return 2 * number;
}
