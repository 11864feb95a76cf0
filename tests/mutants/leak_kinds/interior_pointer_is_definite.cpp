// Takes a block with a pointer into its middle for definitely lost.
// refused by: definite() leaves one block to which no pointer leads

#include "spec/leak_kinds.hpp"

#include <cstdlib>

void definite()
{
    [[maybe_unused]] static char* inside = nullptr;
    inside = static_cast<char*>(std::malloc(100)) + 50;
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
}
