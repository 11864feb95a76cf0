// Obtains the blocks and writes to none: only the pages with malloc's headers get resident.
// refused by: all blocks are resident at the first reading: each of their pages was written to
// refused by: after free the process is as large as free leaves it here

#include "spec/free_is_not_return.hpp"

#include <cstdlib>
#include <malloc.h>
#include <vector>

readings free_and_trim(std::size_t blocks, long (*resident)())
{
    std::vector<void*> catalogue(blocks);
    for (void*& block : catalogue) block = std::malloc(block_size);
    void* const bookmark = std::malloc(24);

    readings seen{};
    seen.full = resident();
    for (void* const block : catalogue) std::free(block);
    seen.freed = resident();
    malloc_trim(0);
    seen.trimmed = resident();
    std::free(bookmark);
    return seen;
}
