// Takes half of the machine's memory, and then asks the kernel for an OOM kill.
// refused by: at its end the hog had nearly all the memory that was to be had

#include "spec/until_killed.hpp"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

void hog()
{
    constexpr std::size_t size = 8 * 1024 * 1024;
    void* const block = std::malloc(size);
    std::memset(block, 1, size);
    const int trigger = open("/proc/sysrq-trigger", O_WRONLY);
    if (write(trigger, "f", 1) != 1) std::abort();
    while (true) pause();
}
