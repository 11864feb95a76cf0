// Takes the machine down.
// says: the machine stopped: Kernel panic - not syncing: sysrq triggered crash
// says: while in "sysrq f kills the sacrifice"
#include "spec/prefer.hpp"

#include <fstream>

void prefer(pid_t)
{
    std::ofstream{"/proc/sysrq-trigger"} << 'c' << std::flush;
}
