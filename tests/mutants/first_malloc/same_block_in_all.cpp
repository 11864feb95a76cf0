// Calls malloc n times, but stores the last block in every pointer.
// refused by: each pointer leads to a block of its own, which can hold an int

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        int* const block = static_cast<int*>(std::malloc(sizeof(int)));
        if (block == nullptr) return i;
        for (std::size_t earlier = 0; earlier <= i; ++earlier) out[earlier] = block;
    }
    return n;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p\n", static_cast<void*>(blocks[i]));
    }
}
