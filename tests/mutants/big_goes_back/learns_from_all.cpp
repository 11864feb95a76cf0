// Lets each freed block move the limit, also one from the heap: the limit would fall.
// refused by: a block without a mapping of its own was freed before: what did malloc learn from it?

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    constexpr std::size_t maximum = 32 * 1024 * 1024;
    if (freed_before == 0 || freed_before >= maximum) return bytes >= 128 * 1024;
    return bytes > freed_before;
}
