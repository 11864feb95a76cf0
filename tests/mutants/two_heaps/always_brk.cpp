// Believes that malloc has only one heap.
// refused by: a large block comes from mmap

#include "spec/two_heaps.hpp"

origin origin_of(const void* block)
{
    return block != nullptr ? origin::brk : origin::none;
}
