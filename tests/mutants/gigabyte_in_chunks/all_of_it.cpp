// Takes all that was granted for resident.
// refused by: blocks of several pages: a part of each
// refused by: large blocks: next to nothing becomes resident
// refused by: each wish is looked at alone: twenty times the memory is granted in smaller blocks

#include "spec/gigabyte_in_chunks.hpp"

#include <algorithm>

std::size_t resident_growth(std::size_t total, std::size_t block)
{
    const std::size_t stride = std::max<std::size_t>(32, (block + 8 + 15) / 16 * 16);
    return total / block * stride;
}

fate fate_of_requests(std::size_t total, std::size_t block, std::size_t memory)
{
    if (block > memory) return fate::refused;
    return resident_growth(total, block) > memory ? fate::killed : fate::granted;
}
