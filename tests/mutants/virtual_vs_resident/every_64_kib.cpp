// Writes once in 64 KiB, the size of a page on some other machines.
// refused by: each page that was asked for becomes resident, the last one as well
// refused by: mapping makes the process larger, touching makes it resident

#include "spec/virtual_vs_resident.hpp"

#include <unistd.h>

void touch(void* map, std::size_t pages)
{
    const std::size_t size = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    volatile char* const bytes = static_cast<char*>(map);
    for (std::size_t i = 0; i < size; i += 64 * 1024) bytes[i] = 1;
}
