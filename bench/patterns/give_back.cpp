// When freed memory goes back to the kernel.
#include "blocks.hpp"
#include "pages.hpp"
#include "patterns.hpp"

#include <heaplings/heap_probe/resident.hpp>

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <vector>

namespace bench {

namespace {

using registered = benchmark::internal::Benchmark;

constexpr std::size_t block_size = 1024;
constexpr std::int64_t blocks_in_mebibyte = (1 << 20) / block_size;

allocation_range blocks_for(const benchmark::State& state)
{
    return state.range(0) * blocks_in_mebibyte;
}

void free_all(const std::vector<void*>& blocks)
{
    for (void* block : blocks) std::free(block);
}

std::vector<void*> room_for(std::int64_t blocks)
{
    return heaplings::warm_up([&] { return std::vector<void*>(static_cast<std::size_t>(blocks)); });
}

template <bool Trims>
void free_blocks(benchmark::State& state)
{
    auto blocks = room_for(blocks_for(state).at_most);
    const fault_counter faults;
    for (auto _ : measured(state)) {
        for (void*& block : blocks) block = allocate(block_size);
        free_all(blocks);
        if (Trims) give_back_end_of_heap();
    }
    faults.report(state);
}

// The addresses from the lowest block to the end of the highest one. What of them is resident is
// the blocks' part of the resident set size, of which the leak counter's own memory is none.
class block_range
{
public:
    explicit block_range(const std::vector<void*>& blocks)
    {
        const auto [lowest, highest] = std::ranges::minmax_element(blocks, std::less<>{});
        begin_ = static_cast<const char*>(*lowest);
        end_ = static_cast<const char*>(*highest) + block_size;
    }

    [[nodiscard]] double resident_mebibytes() const
    {
        const auto pages = heaplings::count_pages(begin_, heaplings::bytes{end_ - begin_});
        return static_cast<double>(pages.resident) * static_cast<double>(page_bytes()) / (1 << 20);
    }

private:
    const char* begin_;
    const char* end_;
};

constexpr std::int64_t cheese_mebibytes = 64;
constexpr std::int64_t cheese_blocks = cheese_mebibytes * blocks_in_mebibyte;

void swiss_cheese(benchmark::State& state)
{
    give_back_end_of_heap();
    auto blocks = room_for(cheese_blocks);
    const auto one_kept_of = static_cast<std::size_t>(state.range(0));
    double full = 0;
    double freed = 0;
    double trimmed = 0;
    for (auto _ : measured(state)) {
        for (void*& block : blocks) block = allocate(block_size);
        const block_range range{blocks};
        full = range.resident_mebibytes();
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            if (i % one_kept_of != 0) std::free(blocks[i]);
        }
        freed = range.resident_mebibytes();
        malloc_trim(0);
        trimmed = range.resident_mebibytes();
        for (std::size_t i = 0; i < blocks.size(); i += one_kept_of) std::free(blocks[i]);
        malloc_trim(0);
    }
    add_counter(state, "rss_full_mib", full);
    add_counter(state, "rss_freed_mib", freed);
    add_counter(state, "rss_trimmed_mib", trimmed);
    add_counter(state, "in_use_mib",
                static_cast<double>(cheese_mebibytes) / static_cast<double>(one_kept_of));
}

// The heap gives up to 64 MiB of free memory at its end back only when it is trimmed.
void add_kept_sizes(registered* benchmark)
{
    benchmark->ArgName("mib")->Arg(1)->Arg(32)->Unit(benchmark::kMicrosecond);
}

void add_holes(registered* benchmark)
{
    benchmark->ArgName("one_kept_of")->RangeMultiplier(2)->Range(2, 64);
    benchmark->Unit(benchmark::kMillisecond);
}

} // namespace

std::vector<pattern> give_back()
{
    return {
        {.name = "pages/free_kept",
         .shows = "Blocks written, then freed: malloc keeps the pages, and the next round finds "
                  "them.",
         .allocations = blocks_for,
         .run = free_blocks<false>,
         .configure = add_kept_sizes},
        {.name = "pages/free_trimmed",
         .shows = "The same with malloc_trim(0), which gives the pages back: the next round has "
                  "all page faults again.",
         .allocations = blocks_for,
         .run = free_blocks<true>,
         .configure = add_kept_sizes},
        {.name = "pages/swiss_cheese",
         .shows = "64 MiB in blocks of 1 KiB, of which one is kept of so many: free gives nothing "
                  "back, and malloc_trim(0) only the pages on which nothing is left.",
         .allocations = exactly(cheese_blocks),
         .run = swiss_cheese,
         .configure = add_holes},
    };
}

} // namespace bench
