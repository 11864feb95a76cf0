// What several patterns do with blocks: which sizes they have, and what malloc says meanwhile.
#pragma once

#include "measured.hpp"

#include <heaplings/heap_probe/malloc_snapshot.hpp>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace bench {

struct size_mix
{
    std::string_view name;
    std::string_view words; // what a sentence calls such blocks
    std::size_t (*draw)(std::minstd_rand&);
};

// Between `low` and `high`, both included. The same for each run, unlike std distributions, whose
// results libraries choose.
[[nodiscard]] inline std::size_t draw_between(std::minstd_rand& random, std::size_t low,
                                              std::size_t high)
{
    return low + random() % (high - low + 1);
}

inline std::size_t draw_small(std::minstd_rand& random)
{
    return draw_between(random, 16, 256);
}

inline constexpr size_mix one_size{"one", "64 bytes each",
                                   [](std::minstd_rand&) { return std::size_t{64}; }};
inline constexpr size_mix mixed_small{"mixed_small", "16 to 256 bytes", draw_small};
inline constexpr size_mix mixed_large{
    "mixed_large", "16 to 256 bytes, one in ten 4 to 64 KiB", [](std::minstd_rand& random) {
        return random() % 10 == 0 ? draw_between(random, 4 << 10, 64 << 10) : draw_small(random);
    }};
inline constexpr size_mix across_threshold{
    "across_threshold", "16 to 48 MiB, below and above the highest mmap threshold",
    [](std::minstd_rand& random) { return draw_between(random, 16 << 20, 48 << 20); }};

// The same sizes in each run.
[[nodiscard]] inline std::vector<std::size_t> draw_sizes(const size_mix& mix, std::size_t count)
{
    std::minstd_rand random;
    std::vector<std::size_t> sizes(count);
    for (std::size_t& size : sizes) size = mix.draw(random);
    return sizes;
}

// Gives the free memory at the end of the heap back: from it, malloc would take even a block that
// is beyond the mmap threshold.
inline void give_back_end_of_heap()
{
    malloc_trim(0);
}

struct free_memory
{
    void operator()(void* block) const { std::free(block); }
};
using malloc_block = std::unique_ptr<void, free_memory>;

// A block whose first byte is written, as whoever asks for a block does.
[[nodiscard]] inline void* allocate(std::size_t size)
{
    auto* block = static_cast<char*>(std::malloc(size));
    *block = 1;
    escape(block);
    return block;
}

// Writes a byte of each page, not at the same offset in all of them: those would compete for the
// few places that a cache has for such addresses, and cost eight times as much.
inline void touch_pages(void* block, std::size_t size)
{
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    constexpr std::size_t cache_line = 64;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < size; i += page) {
        static_cast<char*>(block)[std::min(i + offset, size - 1)] = 1;
        offset = (offset + cache_line) % page;
    }
    escape(block);
}

// How malloc's own figures change by an action; nothing where they are not known.
template <typename Action>
[[nodiscard]] std::optional<heaplings::malloc_snapshot> change_by(Action action)
{
    const auto before = heaplings::take_malloc_snapshot();
    action();
    const auto after = heaplings::take_malloc_snapshot();
    if (!before || !after) return std::nullopt;
    return *after - *before;
}

} // namespace bench
