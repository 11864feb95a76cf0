// Hands out the elements of a static array: no heap at all, and nothing that Valgrind could see.
// refused by: n ints take n calls of malloc, each for the size of one int
// refused by: each pointer leads to a block of its own, which can hold an int

#include "spec/first_malloc.hpp"

std::size_t allocate_ints(int** out, std::size_t n)
{
    static int numbers[1000];
    for (std::size_t i = 0; i < n; ++i) out[i] = &numbers[i];
    return n;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p\n", static_cast<void*>(blocks[i]));
    }
}
