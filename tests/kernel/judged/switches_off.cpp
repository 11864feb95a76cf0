// Switches the machine off.
// says: the machine stopped: it was switched off
#include "spec/prefer.hpp"

#include <sys/reboot.h>

void prefer(pid_t)
{
    ::reboot(RB_POWER_OFF);
}
