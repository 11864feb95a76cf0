// Tidies up when there is no memory, as if the block were lost anyway.
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
    void* const grown = std::realloc(block, wanted * sizeof(int));
    if (grown == nullptr) {
        std::free(block);
        return false;
    }
    block = static_cast<int*>(grown);
    count = wanted;
    return true;
}
