// Knows that the limit moves, not that it stops at 32 MiB.
// refused by: one of the largest blocks was freed before: what did malloc learn from it?
// refused by: two rounds with the same size: what free gives back in each

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    constexpr std::size_t initial = 128 * 1024;
    return freed_before < initial ? bytes >= initial : bytes > freed_before;
}
