// Takes a null block for a mistake of the caller.
// refused by: growing from null obtains the first block
// refused by: for 0 ints the block is freed and becomes null, and no memory is asked for

#include "spec/realloc_safely.hpp"

#include <cstdlib>
#include <limits>

bool grow(int*& block, std::size_t& count, std::size_t wanted)
{
    if (block == nullptr) return false;
    if (wanted == 0) {
        std::free(block);
        block = nullptr;
        count = 0;
        return true;
    }
    if (wanted > std::numeric_limits<std::size_t>::max() / sizeof(int)) return false;
    void* const grown = std::realloc(block, wanted * sizeof(int));
    if (grown == nullptr) return false;
    block = static_cast<int*>(grown);
    count = wanted;
    return true;
}
