// Lets each step overwrite what the steps before it said.
// refused by: a single step against the others makes it mixed, wherever it is

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    growth direction = growth::unknown;
    for (std::size_t i = 1; i < n; ++i) {
        if (addresses[i] > addresses[i - 1]) direction = growth::up;
        if (addresses[i] < addresses[i - 1]) direction = growth::down;
    }
    return direction;
}
