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
    for (void* const block : catalogue) std::free(block);
    seen.freed = resident();
    malloc_trim(0);
    seen.trimmed = resident();
    std::free(bookmark);
    return seen;
}
