// Keeps the size in an unsigned, which 4 GiB do not fit in.
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
    const auto size = static_cast<unsigned>(wanted * sizeof(int));
    void* const grown = std::realloc(block, size);
    if (grown == nullptr) return false;
    block = static_cast<int*>(grown);
    count = wanted;
    return true;
}
