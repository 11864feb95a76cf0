// Obtains memory for the text of each line and never frees it: no test of the spec notices.
// refused by valgrind: definitely lost

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
        char* const line = static_cast<char*>(std::malloc(32));
        if (line == nullptr) return;
        std::snprintf(line, 32, "%p\n", static_cast<void*>(blocks[i]));
        std::fputs(line, file);
    }
}
