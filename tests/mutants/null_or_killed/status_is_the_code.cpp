// Compares the status itself, which holds the exit code in its second byte.
// refused by: where malloc returns null a child can say so: beyond its limit RLIMIT_AS
// refused by: a file of the dead child's memory changes nothing

#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long oom_kills_before, long oom_kills_after)
{
    switch (status) {
    case exit_code_of_null:
        return fate::got_null;
    case SIGKILL:
        return oom_kills_after > oom_kills_before ? fate::oom_killed : fate::killed;
    case SIGSEGV:
    case SIGBUS:
        return fate::crashed;
    case SIGABRT:
        return fate::aborted;
    case SIGTERM:
        return fate::killed;
    default:
        return fate::finished;
    }
}
