// Confuses the limit with the threshold for trimming, which is twice as high.
// refused by: after a block was freed a smaller one may fare otherwise than a larger one

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    constexpr std::size_t initial = 128 * 1024;
    constexpr std::size_t maximum = 32 * 1024 * 1024;
    const bool raised = initial <= freed_before && freed_before < maximum;
    return raised ? bytes > 2 * freed_before : bytes >= initial;
}
