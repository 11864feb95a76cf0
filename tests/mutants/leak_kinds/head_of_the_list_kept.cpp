// Keeps the parent in a static variable: both blocks are still reachable.
// refused by: indirect() leaves one block to which only a lost block points

#include "spec/leak_kinds.hpp"

#include <cstdlib>

void definite()
{
    [[maybe_unused]] const void* const lost = std::malloc(100);
}

void indirect()
{
    [[maybe_unused]] static void** parent = nullptr;
    parent = static_cast<void**>(std::malloc(sizeof(void*)));
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
