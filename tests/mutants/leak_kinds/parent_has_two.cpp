// Hangs two blocks on the parent.
// refused by: indirect() leaves one block to which only a lost block points

#include "spec/leak_kinds.hpp"

#include <cstdlib>

void definite()
{
    [[maybe_unused]] const void* const lost = std::malloc(100);
}

void indirect()
{
    void** const parent = static_cast<void**>(std::malloc(2 * sizeof(void*)));
    if (parent == nullptr) return;
    parent[0] = std::malloc(100);
    parent[1] = std::malloc(100);
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
