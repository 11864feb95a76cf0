// Believes that the third reading is low by itself.
// refused by: malloc_trim gives back what it gives back here

#include "spec/free_is_not_return.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

readings free_and_trim(std::size_t blocks, long (*resident)())
{
    std::vector<void*> catalogue(blocks);
    for (void*& block : catalogue) {
        block = std::malloc(block_size);
        std::memset(block, 'x', block_size);
    }
    void* const bookmark = std::malloc(24);

    readings seen{};
    seen.full = resident();
    for (void* const block : catalogue) std::free(block);
    seen.freed = resident();
    seen.trimmed = resident();
    std::free(bookmark);
    return seen;
}
