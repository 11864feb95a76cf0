// Asks for all at once, is refused, and waits for what will not come.
// refused by: the hog is killed: it neither exits nor goes on for ever
// refused by: it is the OOM killer that kills, once

#include "spec/until_killed.hpp"

#include <cstdlib>
#include <cstring>
#include <unistd.h>

void hog()
{
    constexpr std::size_t size = 1024 * 1024 * 1024;
    void* const block = std::malloc(size);
    if (block != nullptr) std::memset(block, 1, size);
    while (true) pause();
}
