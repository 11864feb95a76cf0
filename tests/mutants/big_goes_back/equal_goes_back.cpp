// Lets the limit be the size that was freed: the same size would go back again.
// refused by: the second block of the same size is not treated as the first was
// refused by: two rounds with the same size: what free gives back in each

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    constexpr std::size_t initial = 128 * 1024;
    constexpr std::size_t maximum = 32 * 1024 * 1024;
    const bool raised = initial <= freed_before && freed_before < maximum;
    return raised ? bytes >= freed_before : bytes >= initial;
}
