// Obtains room for a pointer, not block_size bytes.
// refused by: each round obtains two blocks of block_size bytes from malloc

#include "spec/same_address_again.hpp"

#include <algorithm>
#include <cstdlib>

void play_rounds(game_round* out, std::size_t rounds)
{
    for (std::size_t i = 0; i < rounds; ++i) {
        void* const first = std::malloc(sizeof(void*));
        void* const second = std::malloc(sizeof(void*));
        out[i].first = reinterpret_cast<std::uintptr_t>(first);
        out[i].second = reinterpret_cast<std::uintptr_t>(second);
        std::free(first);
    }
}

bool comes_back(std::size_t freed, std::size_t asked)
{
    const auto chunk = [](std::size_t n) {
        return std::max<std::size_t>(32, (n + 8 + 15) / 16 * 16);
    };
    return chunk(asked) == chunk(freed);
}
