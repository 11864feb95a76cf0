// Uses calloc, which also clears the memory.
// refused by: n ints take n calls of malloc, each for the size of one int

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = static_cast<int*>(std::calloc(1, sizeof(int)));
        if (out[i] == nullptr) return i;
    }
    return n;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p\n", static_cast<void*>(blocks[i]));
    }
}
