// Looks at the first two addresses alone.
// refused by: a single step against the others makes it mixed, wherever it is
// refused by: an address equal to the one before says nothing

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    if (n < 2 || addresses[0] == addresses[1]) return growth::unknown;
    return addresses[1] > addresses[0] ? growth::up : growth::down;
}
