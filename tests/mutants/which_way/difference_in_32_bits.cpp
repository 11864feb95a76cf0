// Keeps the difference of two addresses in an int.
// refused by: addresses may lie further apart than 32 bits can tell

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    bool up = false;
    bool down = false;
    for (std::size_t i = 1; i < n; ++i) {
        const int step = static_cast<int>(addresses[i] - addresses[i - 1]);
        if (step > 0) up = true;
        if (step < 0) down = true;
    }
    if (up && down) return growth::mixed;
    if (up) return growth::up;
    if (down) return growth::down;
    return growth::unknown;
}
