// Lets a block of exactly 32 MiB move the limit: its mapping is larger than that.
// refused by: one of the largest blocks was freed before: what did malloc learn from it?

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    constexpr std::size_t initial = 128 * 1024;
    constexpr std::size_t maximum = 32 * 1024 * 1024;
    const bool raised = initial <= freed_before && freed_before <= maximum;
    return raised ? bytes > freed_before : bytes >= initial;
}
