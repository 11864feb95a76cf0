// Reads the size of the address space, VmSize, instead of what is resident.
// refused by: resident() is called three times, and its answers are the readings
// refused by: after free the process is as large as free leaves it here

#include "spec/free_is_not_return.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <vector>

namespace {

long virtual_size()
{
    long pages = 0;
    std::FILE* const file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr) return 0;
    if (std::fscanf(file, "%ld", &pages) != 1) pages = 0;
    std::fclose(file);
    return pages * 4;
}

} // namespace

readings free_and_trim(std::size_t blocks, long (*)())
{
    std::vector<void*> catalogue(blocks);
    for (void*& block : catalogue) {
        block = std::malloc(block_size);
        std::memset(block, 'x', block_size);
    }
    void* const bookmark = std::malloc(24);

    readings seen{};
    seen.full = virtual_size();
    for (void* const block : catalogue) std::free(block);
    seen.freed = virtual_size();
    malloc_trim(0);
    seen.trimmed = virtual_size();
    std::free(bookmark);
    return seen;
}
