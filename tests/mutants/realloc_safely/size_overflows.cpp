// Multiplies without looking: for some sizes the product is small, and realloc gives that.
// refused by: for a size that no std::size_t can hold, no memory is asked for

#include "spec/realloc_safely.hpp"

#include <cstdlib>

bool grow(int*& block, std::size_t& count, std::size_t wanted)
{
    if (wanted == 0) {
        std::free(block);
        block = nullptr;
        count = 0;
        return true;
    }
    void* const grown = std::realloc(block, wanted * sizeof(int));
    if (grown == nullptr) return false;
    block = static_cast<int*>(grown);
    count = wanted;
    return true;
}
