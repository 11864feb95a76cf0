// Keeps one int more in a global variable, by new, which the spec does not count.
// refused by valgrind: still reachable

#include "spec/first_malloc.hpp"

#include <cstdlib>

static int* spare = nullptr;

std::size_t allocate_ints(int** out, std::size_t n)
{
    if (spare == nullptr) spare = new int;
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = static_cast<int*>(std::malloc(sizeof(int)));
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
