// Reads the map once and keeps it: the heap grows, mappings come and go.
// refused by: small blocks are on the heap, also after the heap has grown
// refused by: where nothing is mapped the region is unknown

#include "spec/segments.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

// Set by the linker: only their addresses mean something (man 3 end).
extern "C" const char __executable_start;
extern "C" const char edata;
extern "C" const char end;

namespace {

struct mapping
{
    std::uintptr_t begin, past;
    char permissions[5]; // such as "r-xp"
    char path[256];      // a file, a name in brackets such as "[vdso]", or nothing
};

std::uintptr_t number(const void* address)
{
    return reinterpret_cast<std::uintptr_t>(address);
}

std::vector<mapping> read_map()
{
    std::vector<mapping> map;
    std::FILE* const maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr) return map;

    char line[512];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        mapping next{};
        std::sscanf(line, "%lx-%lx %4s %*s %*s %*s %255[^\n]", &next.begin, &next.past,
                    next.permissions, next.path);
        map.push_back(next);
    }
    std::fclose(maps);
    return map;
}

bool find_mapping(const void* address, mapping& found)
{
    static const std::vector<mapping> map = read_map();
    for (const mapping& each : map) {
        found = each;
        if (each.begin <= number(address) && number(address) < each.past) return true;
    }
    return false;
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

    if (in_program(address)) {
        if (found.permissions[1] == 'w') {
            return number(address) < number(&edata) ? region::data : region::bss;
        }
        return found.permissions[2] == 'x' ? region::text : region::rodata;
    }
    if (std::strcmp(found.path, "[heap]") == 0) return region::heap;
    if (std::strcmp(found.path, "[stack]") == 0) return region::stack;
    return region::mmap;
}
