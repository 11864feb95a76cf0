#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long oom_kills_before, long oom_kills_after)
{
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == exit_code_of_null ? fate::got_null : fate::finished;
    }
    switch (WTERMSIG(status)) {
    case SIGKILL:
        return oom_kills_after > oom_kills_before ? fate::oom_killed : fate::killed;
    case SIGSEGV:
    case SIGBUS:
        return fate::crashed;
    case SIGABRT:
        return fate::aborted;
    default:
        return fate::killed;
    }
}
