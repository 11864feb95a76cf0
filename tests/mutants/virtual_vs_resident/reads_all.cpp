// Lets the kernel make all pages readable at once: each shows the shared page of zeros.
// refused by: one page becomes resident
// refused by: each page that was asked for becomes resident, the last one as well
// refused by: a mapping can be touched as a whole, up to its end

#include "spec/virtual_vs_resident.hpp"

#include <cstring>
#include <unistd.h>

void touch(void* map, std::size_t pages)
{
    const std::size_t size = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    static_cast<void>(std::memchr(map, 1, size));
}
