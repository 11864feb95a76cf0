// Guesses the first limit at 1 MiB.
// refused by: for the first block of a process its size decides

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    constexpr std::size_t initial = 1024 * 1024;
    constexpr std::size_t maximum = 32 * 1024 * 1024;
    const bool raised = initial <= freed_before && freed_before < maximum;
    return raised ? bytes > freed_before : bytes >= initial;
}
