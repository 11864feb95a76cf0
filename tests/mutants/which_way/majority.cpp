// Follows the majority of the steps and calls only a tie mixed.
// refused by: a single step against the others makes it mixed, wherever it is

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    int up = 0;
    int down = 0;
    for (std::size_t i = 1; i < n; ++i) {
        if (addresses[i] > addresses[i - 1]) ++up;
        if (addresses[i] < addresses[i - 1]) ++down;
    }
    if (up == 0 && down == 0) return growth::unknown;
    if (up == down) return growth::mixed;
    return up > down ? growth::up : growth::down;
}
