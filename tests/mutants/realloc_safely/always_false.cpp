// Never loses a block, for it never touches one.
// refused by: a block that grows keeps its ints and has room for more
// refused by: a block that shrinks keeps its first ints and gives the rest back
// refused by: growing from null obtains the first block
// refused by: a large size is asked for in full
// refused by: for 0 ints the block is freed and becomes null, and no memory is asked for

#include "spec/realloc_safely.hpp"

bool grow(int*& block, std::size_t& count, std::size_t wanted)
{
    static_cast<void>(block);
    static_cast<void>(count);
    static_cast<void>(wanted);
    return false;
}
