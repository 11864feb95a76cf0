// Knows no wish that is too large: asks only what becomes resident.
// refused by: a block that is larger than the machine's memory is refused

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
    return resident_growth(total, block) > memory ? fate::killed : fate::granted;
}
