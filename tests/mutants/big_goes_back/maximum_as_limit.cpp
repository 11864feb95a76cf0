// Believes that after the largest blocks the limit is 32 MiB.
// refused by: one of the largest blocks was freed before: what did malloc learn from it?

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    constexpr std::size_t initial = 128 * 1024;
    constexpr std::size_t maximum = 32 * 1024 * 1024;
    if (freed_before >= maximum) return bytes >= maximum;
    return freed_before < initial ? bytes >= initial : bytes > freed_before;
}
