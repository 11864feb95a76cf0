// Looks at the count after the end only: some kill long ago is enough.
// refused by: a child that somebody kills with kill -9 is not the OOM killer's

#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long, long oom_kills_after)
{
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == exit_code_of_null ? fate::got_null : fate::finished;
    }
    switch (WTERMSIG(status)) {
    case SIGKILL:
        return oom_kills_after > 0 ? fate::oom_killed : fate::killed;
    case SIGSEGV:
    case SIGBUS:
        return fate::crashed;
    case SIGABRT:
        return fate::aborted;
    default:
        return fate::killed;
    }
}
