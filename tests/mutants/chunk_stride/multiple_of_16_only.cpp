// Rounds up to whole 16 bytes: neither header nor smallest block.
// refused by: a block of a single byte has its price
// refused by: the smallest blocks, even those of 0 bytes, have theirs
// refused by: blocks of whole multiples of 16 bytes need more than their bytes

#include "spec/chunk_stride.hpp"

std::size_t chunk_stride(std::size_t n)
{
    return (n + 15) / 16 * 16;
}
