// The night shift's report said: "The import failed, reason unknown." It had failed in three ways.
// On Monday malloc had returned null: the import had a limit of its own (RLIMIT_AS), and told so.
// On Tuesday the kernel had run out of memory and killed it. On Wednesday somebody had grown tired
// of it: kill -9. The last two look the same from outside.
//
// A program starts another one by fork, which makes a child, and learns how it ended from
// waitpid's *wait status*: exited, and with which code, or killed, and by which signal. The status
// does not say who sent a signal. But the kernel counts the kills of its OOM killer, in the line
// oom_kill of /proc/vmstat: look before and after.
//
// TODO: make fate_of tell how a child ended; what each fate means is in spec/null_or_killed.hpp.
// This first attempt reads a status as shells show it, takes each kill -9 for the OOM killer's, and
// knows of no other end.
//
// Read: man 2 waitpid (WIFEXITED and its neighbours), man 7 signal (Standard signals)

#include "spec/null_or_killed.hpp"

#include <csignal>
#include <sys/wait.h>

fate fate_of(int status, long /*oom_kills_before*/, long /*oom_kills_after*/)
{
    const int as_in_shell = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (as_in_shell == 128 + SIGKILL) return fate::oom_killed;
    return fate::finished;
}
