// Takes the number of pages for a number of bytes.
// refused by: each page that was asked for becomes resident, the last one as well

#include "spec/virtual_vs_resident.hpp"

#include <cstring>

void touch(void* map, std::size_t pages)
{
    std::memset(map, 1, pages);
}
