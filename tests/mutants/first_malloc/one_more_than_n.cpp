// Obtains one int more than asked for, which nobody will ever free.
// refused by: n ints take n calls of malloc, each for the size of one int
// refused by: for 0 ints malloc is not called at all

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    int* block = static_cast<int*>(std::malloc(sizeof(int)));
    for (std::size_t i = 0; i < n; ++i) {
        if (block == nullptr) return i;
        out[i] = block;
        block = static_cast<int*>(std::malloc(sizeof(int)));
    }
    return n;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p\n", static_cast<void*>(blocks[i]));
    }
}
