// A crash report shows one number: the address that the program touched when it died. The first
// question is: what lives there? Null plus 16 is a member of an object that was never made; an
// address just below the stack is a recursion without end; one in the program's code is a write
// through a wild pointer.
//
// The answer is on a map. For each range of addresses that is in use, the kernel shows a line in
// /proc/self/maps: where it begins and ends, what the program may do there (r read, w write,
// x execute) and which file the content came from. Run `cat /proc/self/maps`: it shows cat's own.
// find_mapping() below finds the line of an address.
//
// TODO: make region_of tell the region of any address; spec/segments.hpp says what each region is.
// The map alone does not do: the border between data and bss is not on it. But the linker knows.
//
// Read: man 5 proc (/proc/pid/maps; on newer systems man 5 proc_pid_maps), man 3 end

#include "spec/segments.hpp"

#include <cstdint>
#include <cstdio>

namespace {

struct mapping
{
    char permissions[5]; // such as "r-xp"
    char path[256];      // a file, a name in brackets such as "[vdso]", or nothing
};

// Finds the line of /proc/self/maps in which `address` lies. False if there is none.
bool find_mapping(const void* address, mapping& found)
{
    std::FILE* const maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr) return false;

    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    bool inside = false;
    char line[512];
    while (!inside && std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long begin = 0;
        unsigned long end = 0;
        found.path[0] = '\0';
        std::sscanf(line, "%lx-%lx %4s %*s %*s %*s %255[^\n]", &begin, &end, found.permissions,
                    found.path);
        inside = begin <= wanted && wanted < end;
    }
    std::fclose(maps);
    return inside;
}

} // namespace

region region_of(const void* address)
{
    mapping found;
    if (!find_mapping(address, found)) return region::unknown;

    return region::mmap;
}
