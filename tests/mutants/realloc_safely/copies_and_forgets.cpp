// Copies the ints to a new block, and forgets to free the old one.
// refused by: a block that grows keeps its ints and has room for more
// refused by: a block that shrinks keeps its first ints and gives the rest back

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
    auto* const grown = static_cast<int*>(std::malloc(wanted * sizeof(int)));
    if (grown == nullptr) return false;
    for (std::size_t i = 0; i < count && i < wanted; ++i) grown[i] = block[i];
    block = grown;
    count = wanted;
    return true;
}
