// Copies as many ints as the new block has: the old one had fewer.
// refused by valgrind: invalid read

#include "spec/realloc_safely.hpp"

#include <cstdlib>
#include <cstring>
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
    if (block != nullptr) std::memcpy(grown, block, wanted * sizeof(int));
    std::free(block);
    block = grown;
    count = wanted;
    return true;
}
