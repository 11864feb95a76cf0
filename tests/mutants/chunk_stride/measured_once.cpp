// Measures blocks of one byte and takes their stride for all sizes.
// refused by: blocks of whole multiples of 16 bytes need more than their bytes
// refused by: each size from 0 to 1032 bytes has the stride that was measured here

#include "spec/chunk_stride.hpp"

#include <cstdlib>

std::size_t chunk_stride(std::size_t)
{
    char* const first = static_cast<char*>(std::malloc(1));
    char* const second = static_cast<char*>(std::malloc(1));
    const auto stride = static_cast<std::size_t>(second - first);
    std::free(second);
    std::free(first);
    return stride;
}
