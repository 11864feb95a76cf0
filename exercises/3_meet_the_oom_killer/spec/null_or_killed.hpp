#pragma once

// With this code, ENOMEM, a child of ours exits if it was refused memory.
inline constexpr int exit_code_of_null = 12;

enum class fate {
    finished,   // exited with any other code, 0 or not
    got_null,   // exited with exit_code_of_null
    oom_killed, // killed by SIGKILL, and the OOM killer killed somebody meanwhile
    killed,     // killed by SIGKILL without it, or by a signal that none of the others is about
    crashed,    // by SIGSEGV or SIGBUS: it used an address that it should not have
    aborted,    // by SIGABRT: the program itself gave up, as after an exception that nobody caught
};

// How a child ended. `status` is its wait status, from waitpid without options; the other two are
// the number of OOM kills that this kernel counted before the child started and after its end.
fate fate_of(int status, long oom_kills_before, long oom_kills_after);
