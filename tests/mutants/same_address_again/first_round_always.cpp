// Plays the first round before it looks how many there are.
// refused by: where there is no round, nothing is obtained and nothing written

#include "spec/same_address_again.hpp"

#include <algorithm>
#include <cstdlib>

void play_rounds(game_round* out, std::size_t rounds)
{
    std::size_t i = 0;
    do {
        void* const first = std::malloc(block_size);
        void* const second = std::malloc(block_size);
        out[i].first = reinterpret_cast<std::uintptr_t>(first);
        out[i].second = reinterpret_cast<std::uintptr_t>(second);
        std::free(first);
    } while (++i < rounds);
}

bool comes_back(std::size_t freed, std::size_t asked)
{
    const auto chunk = [](std::size_t n) {
        return std::max<std::size_t>(32, (n + 8 + 15) / 16 * 16);
    };
    return chunk(asked) == chunk(freed);
}
