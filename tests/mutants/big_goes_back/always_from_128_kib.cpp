// Believes that the limit is 128 KiB for good.
// refused by: the second block of the same size is not treated as the first was
// refused by: after a block was freed a smaller one may fare otherwise than a larger one
// refused by: two rounds with the same size: what free gives back in each

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t)
{
    return bytes >= 128 * 1024;
}
