// One way to solve exercise 5, two_heaps: the program break tells most, the map only where the
// stack is.

#include "spec/two_heaps.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <unistd.h>

// Set by the linker: only their addresses mean something (man 3 end).
extern "C" const char __executable_start;
extern "C" const char end;

namespace {

std::uintptr_t number(const void* address)
{
    return reinterpret_cast<std::uintptr_t>(address);
}

bool in_main_stack(const void* address)
{
    std::FILE* const maps = std::fopen("/proc/self/maps", "r");
    if (maps == nullptr) return false;

    bool inside = false;
    char line[512];
    while (!inside && std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long begin = 0;
        unsigned long past = 0;
        if (std::strstr(line, "[stack]") == nullptr) continue;
        if (std::sscanf(line, "%lx-%lx", &begin, &past) != 2) continue;
        inside = begin <= number(address) && number(address) < past;
    }
    std::fclose(maps);
    return inside;
}

} // namespace

origin origin_of(const void* block)
{
    if (block == nullptr || in_main_stack(block)) return origin::none;

    // From low to high: the program with its static variables, a gap, the heap, the program break.
    // All of it is asked for anew, for the break moves.
    const std::uintptr_t address = number(block);
    if (address < number(&__executable_start) || address >= number(::sbrk(0))) return origin::mmap;
    return address < number(&end) ? origin::none : origin::brk;
}
