// Sets the count before it knows whether there is memory.
// refused by: when there is no memory, block, count and ints are as before
// refused by: for a size that no std::size_t can hold, no memory is asked for

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
    count = wanted;
    if (wanted > std::numeric_limits<std::size_t>::max() / sizeof(int)) return false;
    void* const grown = std::realloc(block, wanted * sizeof(int));
    if (grown == nullptr) return false;
    block = static_cast<int*>(grown);
    return true;
}
