// Asks for as many bytes as there are ints.
// refused by: a block that grows keeps its ints and has room for more
// refused by: a block that shrinks keeps its first ints and gives the rest back
// refused by: growing from null obtains the first block
// refused by: a large size is asked for in full

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
    void* const grown = std::realloc(block, wanted);
    if (grown == nullptr) return false;
    block = static_cast<int*>(grown);
    count = wanted;
    return true;
}
