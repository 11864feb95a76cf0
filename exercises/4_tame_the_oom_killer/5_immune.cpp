// A night watchman must not sleep. sshd is such a one: when the machine is in trouble, it is the
// way in. So sshd writes -1000 to its oom_score_adj, and the OOM killer passes it by, whatever
// happens. And because children inherit the number, it resets that for each session it starts: a
// build that somebody runs there must not be as sacred as sshd. Once a distribution forgot that
// part, and when a machine ran short, nobody could be killed any more but the innocent.
//
// Not everybody may do so. To lower the number below what it was last set to by somebody who had
// the capability CAP_SYS_RESOURCE, a process needs that capability. Root has it as a rule; but root
// in a container has not, nor has root that gave it away. So the user id is no answer: ask the
// kernel, and hear what it says. If write(2) returns -1, errno says why.
//
// TODO: become_immune asks who it is rather than whether it worked, and is content with -999.
// spawn_mortal lets its child inherit whatever there is. Make both keep their promise in
// spec/immune.hpp. They are tried on your machine, where you may be refused, and then in a
// disposable kernel, where you have the capability and the OOM killer comes to see.
//
// Read: man 5 proc_pid_oom_score_adj (or man 5 proc), man 2 write, man 2 fork, man 2 _exit,
// man 7 capabilities (CAP_SYS_RESOURCE)

#include "spec/immune.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

int become_immune()
{
    if (::getuid() != 0) return EPERM;
    const int file = ::open("/proc/self/oom_score_adj", O_WRONLY);
    [[maybe_unused]] const ssize_t written = ::write(file, "-999", 4);
    ::close(file);
    return 0;
}

pid_t spawn_mortal(void (*body)())
{
    const pid_t child = ::fork();
    if (child == 0) {
        body();
        ::_exit(0);
    }
    return child;
}
