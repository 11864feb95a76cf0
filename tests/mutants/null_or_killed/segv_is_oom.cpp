// Takes a crash for what happens when memory has run out.
// refused by: a child that writes through null crashes
// refused by: a child that the OOM killer kills is told by the count

#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long, long)
{
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == exit_code_of_null ? fate::got_null : fate::finished;
    }
    switch (WTERMSIG(status)) {
    case SIGSEGV:
    case SIGBUS:
        return fate::oom_killed;
    case SIGABRT:
        return fate::aborted;
    default:
        return fate::killed;
    }
}
