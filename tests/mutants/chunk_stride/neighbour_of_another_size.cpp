// Measures the distance to a block of one byte, not to a neighbour of the same size.
// refused by: each size from 0 to 1032 bytes has the stride that was measured here

#include "spec/chunk_stride.hpp"

#include <cstdlib>

std::size_t chunk_stride(std::size_t n)
{
    char* const first = static_cast<char*>(std::malloc(1));
    char* const second = static_cast<char*>(std::malloc(n));
    const auto stride = static_cast<std::size_t>(second > first ? second - first : first - second);
    std::free(second);
    std::free(first);
    return stride;
}
