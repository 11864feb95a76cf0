// A chess server needs two blocks of memory in each round: a board to think on, freed as soon as
// the move is made, and a note of the move, kept for the record. Somebody prints the addresses:
// round after round the board is at the same place, and the note is at a new one. Is this luck, a
// leak, or is it a rule?
//
//     void free(void* block);
//
// free takes the address that malloc gave and ends your right to the block. Neither the pointer
// nor, as a rule, the memory goes away. So note an address as a number, and before the block is
// freed: reinterpret_cast<std::uintptr_t>(pointer).
//
// TODO: play_rounds keeps both blocks: make it free what its promise in spec/same_address_again.hpp
// says, look at the addresses and find the rule. Then make comes_back answer by the rule for two
// sizes, or by an experiment: both count. This first guess waits for equal sizes.
//
// Read: man 3 free, man 3 malloc_usable_size, and exercise 1.3, chunk_stride

#include "spec/same_address_again.hpp"

#include <cstdlib>

void play_rounds(game_round* out, std::size_t rounds)
{
    for (std::size_t i = 0; i < rounds; ++i) {
        void* const first = std::malloc(block_size);
        void* const second = std::malloc(block_size);
        out[i].first = reinterpret_cast<std::uintptr_t>(first);
        out[i].second = reinterpret_cast<std::uintptr_t>(second);
    }
}

bool comes_back(std::size_t freed, std::size_t asked)
{
    return asked == freed;
}
