// Frees nothing: both blocks of each round stay in use, both addresses change.
// refused by: each first block is freed
// refused by: the first block keeps its address, the second changes, if freed at the round's end

#include "spec/same_address_again.hpp"

#include <algorithm>
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
    const auto chunk = [](std::size_t n) {
        return std::max<std::size_t>(32, (n + 8 + 15) / 16 * 16);
    };
    return chunk(asked) == chunk(freed);
}
