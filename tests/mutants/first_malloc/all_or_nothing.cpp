// Returns 0 when malloc fails, and so leaks the ints that it had by then.
// refused by: when malloc returns null, the work ends and the ints obtained so far are counted

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = static_cast<int*>(std::malloc(sizeof(int)));
        if (out[i] == nullptr) return 0;
    }
    return n;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        std::fprintf(file, "%p\n", static_cast<void*>(blocks[i]));
    }
}
