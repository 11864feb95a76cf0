// Stops one step early.
// refused by: each address higher than the one before is up
// refused by: each address lower than the one before is down
// refused by: a single step against the others makes it mixed, wherever it is

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    bool up = false;
    bool down = false;
    for (std::size_t i = 1; i + 1 < n; ++i) {
        if (addresses[i] > addresses[i - 1]) up = true;
        if (addresses[i] < addresses[i - 1]) down = true;
    }
    if (up && down) return growth::mixed;
    if (up) return growth::up;
    if (down) return growth::down;
    return growth::unknown;
}
