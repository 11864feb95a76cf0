#include "spec/chunk_stride.hpp"

#include <algorithm>

// glibc keeps the size of each chunk in front of the block. A chunk is a multiple of the strictest
// alignment long, and long enough for two sizes and two links of a list, which it holds once freed.
std::size_t chunk_stride(std::size_t n)
{
    constexpr std::size_t header = sizeof(std::size_t);
    constexpr std::size_t alignment = alignof(std::max_align_t);
    constexpr std::size_t smallest = 4 * header;
    const std::size_t rounded_up = (n + header + alignment - 1) / alignment * alignment;
    return std::max(rounded_up, smallest);
}
