// Says what the textbook says, whatever the addresses.
// refused by: each address lower than the one before is down
// refused by: a single step against the others makes it mixed, wherever it is
// refused by: no address or a single one has no direction
// refused by: the direction of small blocks, large blocks and nested calls in a fresh process

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t*, std::size_t)
{
    return growth::up;
}
