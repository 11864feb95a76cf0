// What nobody uses costs nothing: forgets that malloc itself writes to each block.
// refused by: small blocks: more becomes resident than was asked for
// refused by: blocks of some hundred bytes: about what was asked for becomes resident
// refused by: blocks that are small enough get their program killed, though nobody uses them

#include "spec/gigabyte_in_chunks.hpp"

std::size_t resident_growth(std::size_t, std::size_t)
{
    return 0;
}

fate fate_of_requests(std::size_t total, std::size_t block, std::size_t memory)
{
    if (block > memory) return fate::refused;
    return resident_growth(total, block) > memory ? fate::killed : fate::granted;
}
