// Asks whether an unsigned difference is below 0, which it never is.
// refused by: each address lower than the one before is down
// refused by: a single step against the others makes it mixed, wherever it is
// refused by: the direction of small blocks, large blocks and nested calls in a fresh process

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    bool up = false;
    for (std::size_t i = 1; i < n; ++i) {
        const std::uintptr_t step = addresses[i] - addresses[i - 1];
        if (step > 0) up = true;
    }
    return up ? growth::up : growth::unknown;
}
