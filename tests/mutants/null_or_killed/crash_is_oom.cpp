// Asks the count first: whoever was killed while the OOM killer was busy is its victim.
// refused by: a child that writes through null crashes
// refused by: where new finds no memory and nobody catches it, the child aborts
// refused by: the OOM killer sends SIGKILL, and no other signal

#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long oom_kills_before, long oom_kills_after)
{
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == exit_code_of_null ? fate::got_null : fate::finished;
    }
    if (oom_kills_after > oom_kills_before) return fate::oom_killed;
    switch (WTERMSIG(status)) {
    case SIGSEGV:
    case SIGBUS:
        return fate::crashed;
    case SIGABRT:
        return fate::aborted;
    default:
        return fate::killed;
    }
}
