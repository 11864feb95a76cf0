// Returns what the owner of the block may use: the stride without the header.
// refused by: a block of a single byte has its price
// refused by: the smallest blocks, even those of 0 bytes, have theirs
// refused by: blocks of whole multiples of 16 bytes need more than their bytes

#include "spec/chunk_stride.hpp"

#include <cstdlib>
#include <malloc.h>

std::size_t chunk_stride(std::size_t n)
{
    void* const block = std::malloc(n);
    const std::size_t usable = ::malloc_usable_size(block);
    std::free(block);
    return usable;
}
