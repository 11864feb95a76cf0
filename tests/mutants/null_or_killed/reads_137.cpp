// Reads the status as a shell shows it: 128 and the signal.
// refused by: a shell says 137 for a kill -9, and an exit code of 137 is none

#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long oom_kills_before, long oom_kills_after)
{
    const int shown = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    switch (shown) {
    case exit_code_of_null:
        return fate::got_null;
    case 128 + SIGKILL:
        return oom_kills_after > oom_kills_before ? fate::oom_killed : fate::killed;
    case 128 + SIGSEGV:
    case 128 + SIGBUS:
        return fate::crashed;
    case 128 + SIGABRT:
        return fate::aborted;
    default:
        return shown > 128 ? fate::killed : fate::finished;
    }
}
