// Takes each block with a mapping of its own for one that is refused.
// refused by: each wish is looked at alone: twenty times the memory is granted in smaller blocks
// refused by: on a larger machine the same wishes have other fates

#include "spec/gigabyte_in_chunks.hpp"

#include <algorithm>
#include <unistd.h>

std::size_t resident_growth(std::size_t total, std::size_t block)
{
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t stride = std::max<std::size_t>(32, (block + 8 + 15) / 16 * 16);
    return total / block * std::min(stride, page); // its header touches a page
}

fate fate_of_requests(std::size_t total, std::size_t block, std::size_t memory)
{
    if (block >= 128 * 1024) return fate::refused;
    return resident_growth(total, block) > memory ? fate::killed : fate::granted;
}
