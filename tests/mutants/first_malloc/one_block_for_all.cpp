// Obtains all ints by a single call of malloc.
// refused by: n ints take n calls of malloc, each for the size of one int
// refused by: each pointer leads to a block of its own, which can hold an int

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    int* const block = static_cast<int*>(std::malloc(n * sizeof(int)));
    for (std::size_t i = 0; i < n; ++i) out[i] = block + i;
    return n;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p\n", static_cast<void*>(blocks[i]));
    }
}
