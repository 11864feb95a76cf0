// Does not come back.
// says: stopped after 20 s: does it wait for something that never comes, or does a loop not end?
// says: while in "sysrq f kills the sacrifice"
#include "spec/prefer.hpp"

#include <unistd.h>

void prefer(pid_t)
{
    while (true) ::pause();
}
