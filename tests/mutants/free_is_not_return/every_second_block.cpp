// Frees every second block only: the others stay in use until the end.
// refused by: at the second and the third reading the bookmark alone is in use
// refused by: malloc_trim gives back what it gives back here

#include "spec/free_is_not_return.hpp"

#include <cstdlib>
#include <cstring>
#include <malloc.h>
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
    for (std::size_t i = 0; i < blocks; i += 2) std::free(catalogue[i]);
    seen.freed = resident();
    malloc_trim(0);
    seen.trimmed = resident();
    std::free(bookmark);
    for (std::size_t i = 1; i < blocks; i += 2) std::free(catalogue[i]);
    return seen;
}
