#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    // The size from which malloc makes a mapping of its own, at first and at most (mallopt(3)).
    constexpr std::size_t initial = 128 * 1024;
    constexpr std::size_t maximum = 32 * 1024 * 1024;

    // Freeing a mapped block raises the limit above its size, but not above the maximum.
    const bool raised = initial <= freed_before && freed_before < maximum;
    return raised ? bytes > freed_before : bytes >= initial;
}
