// Says up as long as no step down is seen, even without any step.
// refused by: no address or a single one has no direction
// refused by: an address equal to the one before says nothing

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    bool up = false;
    bool down = false;
    for (std::size_t i = 1; i < n; ++i) {
        if (addresses[i] > addresses[i - 1]) up = true;
        if (addresses[i] < addresses[i - 1]) down = true;
    }
    if (up && down) return growth::mixed;
    if (down) return growth::down;
    return growth::up;
}
