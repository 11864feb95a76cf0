// Obtains the bookmark before the blocks: nothing lies above them, and free trims the heap.
// refused by: all blocks and behind them the bookmark are obtained and in use at the first reading
// refused by: at the second and the third reading the bookmark alone is in use
// refused by: after free the process is as large as free leaves it here

#include "spec/free_is_not_return.hpp"

#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <vector>

readings free_and_trim(std::size_t blocks, long (*resident)())
{
    std::vector<void*> catalogue(blocks);
    void* const bookmark = std::malloc(24);
    for (void*& block : catalogue) {
        block = std::malloc(block_size);
        std::memset(block, 'x', block_size);
    }

    readings seen{};
    seen.full = resident();
    for (void* const block : catalogue) std::free(block);
    seen.freed = resident();
    malloc_trim(0);
    seen.trimmed = resident();
    std::free(bookmark);
    return seen;
}
