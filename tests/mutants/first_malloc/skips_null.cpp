// Goes on after a null, and so leaves a gap among the pointers.
// refused by: when malloc returns null, the work ends and the ints obtained so far are counted

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    std::size_t obtained = 0;
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = static_cast<int*>(std::malloc(sizeof(int)));
        if (out[i] != nullptr) ++obtained;
    }
    return obtained;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p\n", static_cast<void*>(blocks[i]));
    }
}
