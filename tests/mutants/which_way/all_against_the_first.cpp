// Compares each address with the first one, not with the one before it.
// refused by: a single step against the others makes it mixed, wherever it is

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    bool up = false;
    bool down = false;
    for (std::size_t i = 1; i < n; ++i) {
        if (addresses[i] > addresses[0]) up = true;
        if (addresses[i] < addresses[0]) down = true;
    }
    if (up && down) return growth::mixed;
    if (up) return growth::up;
    if (down) return growth::down;
    return growth::unknown;
}
