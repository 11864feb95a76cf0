// Takes what is not higher for lower.
// refused by: an address equal to the one before says nothing

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    bool up = false;
    bool down = false;
    for (std::size_t i = 1; i < n; ++i) {
        if (addresses[i] > addresses[i - 1])
            up = true;
        else
            down = true;
    }
    if (up && down) return growth::mixed;
    if (up) return growth::up;
    if (down) return growth::down;
    return growth::unknown;
}
