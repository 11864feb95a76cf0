// Compares the last address with the first: what lies between them is lost.
// refused by: a single step against the others makes it mixed, wherever it is

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    if (n < 2 || addresses[0] == addresses[n - 1]) return growth::unknown;
    return addresses[n - 1] > addresses[0] ? growth::up : growth::down;
}
