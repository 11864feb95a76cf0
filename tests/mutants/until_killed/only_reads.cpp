// Reads from all that it maps: each page shows the one page of zeros.
// refused by: the hog is killed: it neither exits nor goes on for ever
// refused by: it is the OOM killer that kills, once

#include "spec/until_killed.hpp"

#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

void hog()
{
    constexpr std::size_t step = 16 * 1024 * 1024;
    constexpr int times = 4;
    for (int i = 0; i < times; ++i) {
        void* const map =
            mmap(nullptr, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED || std::memchr(map, 1, step) != nullptr) break;
    }
    std::exit(0);
}
