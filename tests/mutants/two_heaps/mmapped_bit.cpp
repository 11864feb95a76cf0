// Reads the bit of glibc's chunk header that means: this one block has a mapping of its own.
// Blocks in the arena of another thread do not have it.
// refused by: blocks of another thread come from mmap, small as they are
// refused by: null, local and static variables come from neither

#include "spec/two_heaps.hpp"

#include <cstddef>

origin origin_of(const void* block)
{
    if (block == nullptr) return origin::none;
    const std::size_t header = static_cast<const std::size_t*>(block)[-1];
    return (header & 2) != 0 ? origin::mmap : origin::brk;
}
