#include "spec/same_address_again.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

// The size of the chunk that holds a block of n bytes: malloc keeps free chunks in lists by size.
std::size_t chunk_size(std::size_t n)
{
    constexpr std::size_t step = alignof(std::max_align_t);
    const std::size_t with_header = n + sizeof(std::size_t);
    return std::max<std::size_t>(32, (with_header + step - 1) / step * step);
}

} // namespace

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
    return chunk_size(asked) == chunk_size(freed);
}
