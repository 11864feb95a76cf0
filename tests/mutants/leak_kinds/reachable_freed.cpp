// Frees the block that is to be reachable.
// refused by: reachable() leaves one block that the program could still free

#include "spec/leak_kinds.hpp"

#include <cstdlib>

void definite()
{
    [[maybe_unused]] const void* const lost = std::malloc(100);
}

void indirect()
{
    void** const parent = static_cast<void**>(std::malloc(sizeof(void*)));
    if (parent != nullptr) *parent = std::malloc(100);
}

void possible()
{
    [[maybe_unused]] static char* inside = nullptr;
    inside = static_cast<char*>(std::malloc(100));
    if (inside != nullptr) inside += 50;
}

void reachable()
{
    [[maybe_unused]] static void* kept = nullptr;
    kept = std::malloc(100);
    std::free(kept);
}
