// Takes the stack for all that lies above a local variable: in a thread the stack lies below
// other mappings.
// refused by: blocks of another thread come from mmap, small as they are

#include "spec/two_heaps.hpp"

#include <cstdint>
#include <unistd.h>

// Set by the linker: only their addresses mean something (man 3 end).
extern "C" const char __executable_start;
extern "C" const char end;

namespace {

std::uintptr_t number(const void* address)
{
    return reinterpret_cast<std::uintptr_t>(address);
}

bool above_my_frame(const void* address)
{
    const char local = 0;
    return number(address) > number(&local);
}

} // namespace

origin origin_of(const void* block)
{
    if (block == nullptr || above_my_frame(block)) return origin::none;

    // From low to high: the program with its static variables, a gap, the heap, the program break.
    // All of it is asked for anew, for the break moves.
    const std::uintptr_t address = number(block);
    if (address < number(&__executable_start) || address >= number(::sbrk(0))) return origin::mmap;
    return address < number(&end) ? origin::none : origin::brk;
}
