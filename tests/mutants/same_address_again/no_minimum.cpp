// Forgets that even the smallest blocks take 32 bytes.
// refused by: for sizes close to one another it depends
// refused by: the smallest blocks, up to 40 bytes, have their own share of the rule

#include "spec/same_address_again.hpp"

#include <cstdlib>

void play_rounds(game_round* out, std::size_t rounds)
{
    for (std::size_t i = 0; i < rounds; ++i) {
        void* const first = std::malloc(block_size);
        void* const second = std::malloc(block_size);
        out[i].first = reinterpret_cast<std::uintptr_t>(first);
        out[i].second = reinterpret_cast<std::uintptr_t>(second);
        std::free(first);
    }
}

bool comes_back(std::size_t freed, std::size_t asked)
{
    return (asked + 8 + 15) / 16 == (freed + 8 + 15) / 16;
}
