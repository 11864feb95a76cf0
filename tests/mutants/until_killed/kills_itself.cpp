// Ends as the OOM killer would have it end, without having met it.
// refused by: it is the OOM killer that kills, once
// refused by: the kernel log names the hog, and nobody else

#include "spec/until_killed.hpp"

#include <csignal>
#include <cstdlib>
#include <unistd.h>

void hog()
{
    kill(getpid(), SIGKILL);
    std::abort();
}
