// Writes to the consoles behind which the judge listens, and ends everything.
// says: the machine stopped: it was switched off
#include "spec/prefer.hpp"

#include <fstream>
#include <string>
#include <sys/reboot.h>
#include <unistd.h>

void prefer(pid_t)
{
    const std::string name = "sysrq f kills the sacrifice";
    std::ofstream{"/dev/tty3"} << "\tbegin\n\tcase\tprefer.cpp\t32\t" << name << "\t1\t2\t0\n\tend\t1\n"
                               << std::flush;
    ::reboot(RB_POWER_OFF);
}
