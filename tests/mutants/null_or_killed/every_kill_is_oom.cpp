// Takes each SIGKILL for the OOM killer's.
// refused by: a child that somebody kills with kill -9 is not the OOM killer's

#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long, long)
{
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == exit_code_of_null ? fate::got_null : fate::finished;
    }
    switch (WTERMSIG(status)) {
    case SIGKILL:
        return fate::oom_killed;
    case SIGSEGV:
    case SIGBUS:
        return fate::crashed;
    case SIGABRT:
        return fate::aborted;
    default:
        return fate::killed;
    }
}
