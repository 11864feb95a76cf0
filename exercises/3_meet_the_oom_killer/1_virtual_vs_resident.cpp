// A database was moved to a machine with 16 GB. Somebody looked at `top` and raised the alarm: its
// column VIRT said 64 GB. RES said 3 GB, and the database ran for years, on that machine.
//
// VIRT is what a process has been promised: the size of its mappings. RES is what it has: its
// resident set, the pages that really lie in the machine's memory. The kernel makes a promise at
// once and gives it no memory; a page gets its memory when it is touched for the first time. But
// not every touch is enough.
//
// TODO: make touch give the first `pages` pages of a mapping their memory, and no others. This
// first attempt looks at each of them, and the process does not grow at all.
//
// Read: man 2 mmap (MAP_ANONYMOUS), man 3 sysconf (_SC_PAGESIZE), man 1 top (look for RES)

#include "spec/virtual_vs_resident.hpp"

#include <unistd.h>

void touch(void* map, std::size_t pages)
{
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const volatile char* const bytes = static_cast<const char*>(map);
    for (std::size_t i = 0; i < pages; ++i) static_cast<void>(bytes[i * page]);
}
