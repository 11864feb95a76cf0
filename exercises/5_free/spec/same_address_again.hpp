#pragma once

#include <cstddef>
#include <cstdint>

// The size in bytes of each block that play_rounds obtains.
inline constexpr std::size_t block_size = 24;

// Where the two blocks of a round were, as numbers: they are good for comparing, also later.
struct game_round
{
    std::uintptr_t first;
    std::uintptr_t second;
};

// Plays `rounds` rounds, one after the other, and writes the addresses of round i to out[i].
//
// In each round malloc gives two blocks of block_size bytes, first the first, then the second. At
// the end of the round the first is freed. The second stays in use: the caller frees it.
void play_rounds(game_round* out, std::size_t rounds);

// A block of `freed` bytes has just been freed, and nothing was obtained or freed since. Does
// malloc(asked) hand out this very block again?
//
// Both sizes are 0 to 1032. Few blocks are freed in a row: each finds room in malloc's free lists.
bool comes_back(std::size_t freed, std::size_t asked);
