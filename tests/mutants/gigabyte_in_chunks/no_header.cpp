// Counts the bytes of the blocks, without what malloc needs for itself.
// refused by: small blocks: more becomes resident than was asked for
// refused by: on a larger machine the same wishes have other fates

#include "spec/gigabyte_in_chunks.hpp"

#include <algorithm>
#include <unistd.h>

std::size_t resident_growth(std::size_t total, std::size_t block)
{
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t stride = block;
    return total / block * std::min(stride, page); // its header touches a page
}

fate fate_of_requests(std::size_t total, std::size_t block, std::size_t memory)
{
    if (block > memory) return fate::refused;
    return resident_growth(total, block) > memory ? fate::killed : fate::granted;
}
