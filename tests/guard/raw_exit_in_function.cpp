// Claims success by the system call itself: no function of the C library sees it.
// says: ended early (exit status 0), before its tests were done
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <sys/syscall.h>
#include <unistd.h>

int twice(int)
{
    syscall(SYS_exit_group, 0);
    return 0;
}
