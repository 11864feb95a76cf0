// Counts 16 bytes of header, as in the picture of a chunk in glibc's source: the first of its two
// words belongs to the block before as long as that is in use.
// refused by: the smallest blocks, even those of 0 bytes, have theirs
// refused by: each size from 0 to 1032 bytes has the stride that was measured here

#include "spec/chunk_stride.hpp"

std::size_t chunk_stride(std::size_t n)
{
    const std::size_t rounded_up = (n + 16 + 15) / 16 * 16;
    return rounded_up < 32 ? 32 : rounded_up;
}
