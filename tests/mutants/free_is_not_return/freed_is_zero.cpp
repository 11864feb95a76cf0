// Subtracts what was freed instead of reading.
// refused by: resident() is called three times, and its answers are the readings
// refused by: after free the process is as large as free leaves it here

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
    seen.freed = seen.full - static_cast<long>(blocks * block_size / 1024);
    malloc_trim(0);
    seen.trimmed = resident();
    std::free(bookmark);
    return seen;
}
