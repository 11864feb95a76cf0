// Large blocks: memory that malloc has kept, or fresh memory from the kernel, and who clears it.
#include "blocks.hpp"
#include "pages.hpp"
#include "patterns.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace bench {

namespace {

constexpr std::size_t always_mapped = std::size_t{33} << 20; // beyond the highest mmap threshold
constexpr std::size_t never_mapped = std::size_t{16} << 20;

// One block, of which so many KiB are used.
template <std::size_t Size>
void large_block(benchmark::State& state)
{
    give_back_end_of_heap();
    const std::size_t used = static_cast<std::size_t>(state.range(0)) << 10;
    prove("only a block beyond the highest threshold is mapped on its own", [&] {
        malloc_block block;
        const auto change = change_by([&] { block.reset(allocate(Size)); });
        return !change || change->mmapped_blocks == (Size == always_mapped ? 1 : 0);
    });
    for (auto _ : measured(state)) {
        void* block = std::malloc(Size);
        touch_pages(block, used);
        std::free(block);
    }
}

void add_used(benchmark::internal::Benchmark* benchmark)
{
    benchmark->ArgName("used_kib")->Arg(4)->Arg(1024);
}

// A block got by an action, and freed.
template <typename Get>
void run_pairs(benchmark::State& state, Get get)
{
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : measured(state)) {
        void* block = get(size);
        escape(block);
        std::free(block);
    }
}

void malloc_memset(benchmark::State& state)
{
    run_pairs(state, [](std::size_t size) {
        void* block = std::malloc(size);
        escape(block); // or the compiler makes the two one calloc
        return std::memset(block, 0, size);
    });
}

void calloc_only(benchmark::State& state)
{
    run_pairs(state, [](std::size_t size) { return std::calloc(1, size); });
}

void calloc_touched(benchmark::State& state)
{
    run_pairs(state, [](std::size_t size) {
        void* block = std::calloc(1, size);
        touch_pages(block, size);
        return block;
    });
}

void add_sizes(benchmark::internal::Benchmark* benchmark)
{
    benchmark->ArgName("bytes")->Arg(64)->Arg(4096)->Arg(1 << 20)->Arg(always_mapped);
}

} // namespace

std::vector<pattern> fresh()
{
    return {
        {.name = "reuse/large_kept",
         .shows = "16 MiB from malloc's heap, which keeps them: what was touched before is there.",
         .allocations = exactly(1),
         .run = large_block<never_mapped>,
         .configure = add_used},
        {.name = "reuse/large_mapped",
         .shows = "33 MiB, mapped and unmapped each time: two system calls, and a page fault for "
                  "each page used.",
         .allocations = exactly(1),
         .run = large_block<always_mapped>,
         .configure = add_used},
        {.name = "reuse/malloc_memset",
         .shows = "A block cleared by hand: all its pages are written, fresh ones too.",
         .allocations = exactly(1),
         .run = malloc_memset,
         .configure = add_sizes},
        {.name = "reuse/calloc",
         .shows =
             "A block cleared by calloc: what malloc has kept must be written, but memory "
             "fresh from the kernel (bytes:34603008) is zero already. A small one is dearer than "
             "by malloc where calloc does not look into the tcache, as in glibc 2.36.",
         .allocations = exactly(1),
         .run = calloc_only,
         .configure = add_sizes},
        {.name = "reuse/calloc_touched",
         .shows =
             "A block from calloc of which a byte of each page is written: the page faults are "
             "only put off.",
         .allocations = exactly(1),
         .run = calloc_touched,
         .configure = add_sizes},
    };
}

} // namespace bench
