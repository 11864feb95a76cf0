// Takes it for granted that realloc leaves the block where it is.
// refused by: a block that grows keeps its ints and has room for more
// refused by: a block that shrinks keeps its first ints and gives the rest back
// refused by: growing from null obtains the first block

#include "spec/realloc_safely.hpp"

#include <cstdlib>
#include <limits>

bool grow(int*& block, std::size_t& count, std::size_t wanted)
{
    if (wanted == 0) {
        std::free(block);
        block = nullptr;
        count = 0;
        return true;
    }
    if (wanted > std::numeric_limits<std::size_t>::max() / sizeof(int)) return false;
    if (std::realloc(block, wanted * sizeof(int)) == nullptr) return false;
    count = wanted;
    return true;
}
