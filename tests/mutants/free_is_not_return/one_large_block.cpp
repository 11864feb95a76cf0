// Obtains all memory as one large block: it has a mapping of its own, which free gives back at
// once.
// refused by: all blocks and behind them the bookmark are obtained and in use at the first reading
// refused by: after free the process is as large as free leaves it here

#include "spec/free_is_not_return.hpp"

#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <vector>

readings free_and_trim(std::size_t blocks, long (*resident)())
{
    std::vector<void*> catalogue(blocks);
    catalogue[0] = std::malloc(blocks * block_size);
    std::memset(catalogue[0], 'x', blocks * block_size);
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
