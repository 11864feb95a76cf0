// Relies on the pointer into a new std::string[], which Valgrind knows as an ordinary one.
// refused by: possible() leaves one block to which a pointer leads, but not to its first byte

#include "spec/leak_kinds.hpp"

#include <cstdlib>
#include <string>

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
    [[maybe_unused]] static std::string* names = nullptr;
    names = new std::string[3];
}

void reachable()
{
    [[maybe_unused]] static void* kept = nullptr;
    kept = std::malloc(100);
}
