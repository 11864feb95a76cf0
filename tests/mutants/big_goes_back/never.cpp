// Believes that free never gives anything back.
// refused by: for the first block of a process its size decides
// refused by: after a block was freed a smaller one may fare otherwise than a larger one
// refused by: one of the largest blocks was freed before: what did malloc learn from it?
// refused by: a block without a mapping of its own was freed before: what did malloc learn from it?
// refused by: two rounds with the same size: what free gives back in each

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t, std::size_t)
{
    return false;
}
