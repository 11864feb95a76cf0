// Looks at the first digits of the address only, with the linker's symbols for the program.
// refused by: large blocks and other new mappings are mmap, wherever they lie
// refused by: where nothing is mapped the region is unknown

#include "spec/segments.hpp"

#include <cstdint>

extern "C" const char __executable_start;
extern "C" const char etext;
extern "C" const char edata;
extern "C" const char end;

static std::uintptr_t number(const void* address)
{
    return reinterpret_cast<std::uintptr_t>(address);
}

region region_of(const void* address)
{
    const std::uintptr_t wanted = number(address);
    if (wanted < number(&__executable_start)) return region::unknown;
    if (wanted < number(&etext)) return region::text;
    if (wanted < number(&edata)) return region::data;
    if (wanted < number(&end)) return region::bss;
    if (wanted >> 32 == 0x7ffc || wanted >> 32 == 0x7ffd || wanted >> 32 == 0x7ffe ||
        wanted >> 32 == 0x7fff) {
        return region::stack;
    }
    if (wanted >> 40 == 0x7f) return region::mmap;
    return region::heap;
}
