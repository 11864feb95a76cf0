// Judges by the permissions alone: takes a library's code, constants and variables for the
// program's.
// refused by: code and variables of a shared library are mmap

#include "spec/segments.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>

// Set by the linker: only their addresses mean something (man 3 end).
extern "C" const char __executable_start;
extern "C" const char edata;
extern "C" const char end;

namespace {

struct mapping
{
    char permissions[5]; // such as "r-xp"
    char path[256];      // a file, a name in brackets such as "[vdso]", or nothing
};

std::uintptr_t number(const void* address)
{
    return reinterpret_cast<std::uintptr_t>(address);
}

// Finds the line of /proc/self/maps in which `address` lies. False if there is none.
bool find_mapping(const void* address, mapping& found)
{
    std::FILE* const maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr) return false;

    bool inside = false;
    char line[512];
    while (!inside && std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long begin = 0;
        unsigned long past = 0;
        found.path[0] = '\0';
        std::sscanf(line, "%lx-%lx %4s %*s %*s %*s %255[^\n]", &begin, &past, found.permissions,
                    found.path);
        inside = begin <= number(address) && number(address) < past;
    }
    std::fclose(maps);
    return inside;
}

bool in_program(const void* address)
{
    return number(&__executable_start) <= number(address) && number(address) < number(&end);
}

} // namespace

region region_of(const void* address)
{
    mapping found;
    if (!find_mapping(address, found)) return region::unknown;

    if (in_program(address) || found.path[0] == '/') {
        if (found.permissions[1] == 'w') {
            return number(address) < number(&edata) ? region::data : region::bss;
        }
        return found.permissions[2] == 'x' ? region::text : region::rodata;
    }
    if (std::strcmp(found.path, "[heap]") == 0) return region::heap;
    if (std::strcmp(found.path, "[stack]") == 0) return region::stack;
    return region::mmap;
}
