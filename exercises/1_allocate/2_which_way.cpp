// Textbooks draw a process's memory as Unix laid it out on the PDP-11 fifty years ago: the heap
// below, growing up, the stack above, growing down, towards one another. Is it so on your machine?
// A drawing proves nothing, addresses do. malloc tells where it puts each block, and a pointer
// turns into a number, fit for comparing, by reinterpret_cast<std::uintptr_t>(pointer).
//
// The spec obtains small blocks, large blocks and the variables of nested function calls in a fresh
// process, notes their addresses in order, and asks you for the direction.
//
// TODO: which_way looks at the first step alone. Make it look at each, and tell up from down, mixed
// and unknown, as promised in spec/which_way.hpp.
//
// Read: man 3 malloc (NOTES: where small and large blocks come from), man 2 sbrk

#include "spec/which_way.hpp"

growth which_way(const std::uintptr_t* addresses, std::size_t n)
{
    if (n < 2) return growth::unknown;
    return addresses[1] > addresses[0] ? growth::up : growth::down;
}
