// Stores what realloc returned at once: with null the only address of the block is lost.
// refused by: when there is no memory, block, count and ints are as before

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
    block = static_cast<int*>(std::realloc(block, wanted * sizeof(int)));
    if (block == nullptr) return false;
    count = wanted;
    return true;
}
