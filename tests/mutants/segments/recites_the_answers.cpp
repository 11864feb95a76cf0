// Does not look at the address: recites the answers in the order in which the questions came.
// refused by: in three fresh processes all lies elsewhere, and the answers are right

#include "spec/segments.hpp"

#include <cstddef>

region region_of(const void*)
{
    using enum region;
    constexpr region answers[] = {
        text, text,  rodata,  rodata,  rodata,  data,    data, data,    bss,    bss,
        bss,  bss,   data,    bss,     heap,    unknown, heap, heap,    mmap,   mmap,
        mmap, mmap,  mmap,    mmap,    mmap,    mmap,    mmap, stack,   stack,  stack,
        mmap, stack, unknown, unknown, unknown, mmap,    mmap, unknown, unknown};
    static std::size_t next = 0;
    return answers[next++ % (sizeof answers / sizeof answers[0])];
}
