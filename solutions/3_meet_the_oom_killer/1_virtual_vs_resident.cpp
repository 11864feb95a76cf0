#include "spec/virtual_vs_resident.hpp"

#include <unistd.h>

void touch(void* map, std::size_t pages)
{
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    volatile char* const bytes = static_cast<char*>(map);
    for (std::size_t i = 0; i < pages; ++i) bytes[i * page] = 1;
}
