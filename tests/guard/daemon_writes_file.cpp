// Leaves a daemon behind that goes on writing a file. The answer is right.
// says: passes: 2 of 2 test cases
#include "spec/hostile.hpp"

#include <fcntl.h>
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
    const int file = open("grows", O_WRONLY | O_CREAT, 0600);
    while (true) {
        if (write(file, "more", 4) != 4) lseek(file, 0, SEEK_SET);
        usleep(100);
    }
}

} // namespace

int twice(int number)
{
    start_daemon();
    return 2 * number;
}
