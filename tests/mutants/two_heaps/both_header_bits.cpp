// Reads both bits of glibc's chunk header, mmapped and other arena: but the main arena takes
// to mmap too, where the program break cannot move.
// refused by: where the program break cannot move, small blocks come from mmap
// refused by: null, local and static variables come from neither

#include "spec/two_heaps.hpp"

#include <cstddef>

origin origin_of(const void* block)
{
    if (block == nullptr) return origin::none;
    const std::size_t header = static_cast<const std::size_t*>(block)[-1];
    return (header & (2 | 4)) != 0 ? origin::mmap : origin::brk;
}
