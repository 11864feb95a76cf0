// Separates the addresses by spaces.
// refused by: each address stands on a line of its own, in the order given

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = static_cast<int*>(std::malloc(sizeof(int)));
        if (out[i] == nullptr) return i;
    }
    return n;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p ", static_cast<void*>(blocks[i]));
    }
}
