// Rounds up to whole 8 bytes, the alignment of a pointer.
// refused by: blocks of whole multiples of 16 bytes need more than their bytes
// refused by: each size from 0 to 1032 bytes has the stride that was measured here

#include "spec/chunk_stride.hpp"

std::size_t chunk_stride(std::size_t n)
{
    const std::size_t rounded_up = (n + 8 + 7) / 8 * 8;
    return rounded_up < 32 ? 32 : rounded_up;
}
