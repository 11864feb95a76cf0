// Where malloc takes a block from: memory that was just freed, in one of its lists, or fresh memory
// from the kernel.
#include "blocks.hpp"
#include "patterns.hpp"

#include <heaplings/heap_probe/malloc_snapshot.hpp>

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

namespace bench {

namespace {

using heaplings::malloc_snapshot;
using heaplings::take_malloc_snapshot;

struct free_memory
{
    void operator()(void* block) const { std::free(block); }
};
using malloc_block = std::unique_ptr<void, free_memory>;

void* allocate(std::size_t size)
{
    auto* block = static_cast<char*>(std::malloc(size));
    *block = 1;
    escape(block);
    return block;
}

// Writes a byte of each page.
void touch_pages(void* block, std::size_t size)
{
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    for (std::size_t i = 0; i < size; i += page) static_cast<char*>(block)[i] = 1;
    escape(block);
}

// How malloc's own figures change by an action; nothing where they are not known.
template <typename Action>
std::optional<malloc_snapshot> change_by(Action action)
{
    const auto before = take_malloc_snapshot();
    action();
    const auto after = take_malloc_snapshot();
    if (!before || !after) return std::nullopt;
    return *after - *before;
}

// Allocates so many blocks of a size, and frees them, newest first. A few times at once: what other
// patterns left behind may fit only nearly, and such a block is not found again by its size.
template <std::size_t Count>
class batch
{
public:
    explicit batch(std::size_t size) : size_{size}
    {
        for (int i = 0; i < 10; ++i) {
            allocate_all();
            free_all();
        }
    }

    void allocate_all()
    {
        for (void*& block : blocks_) block = allocate(size_);
    }

    void free_all()
    {
        for (std::size_t i = Count; i-- > 0;) std::free(blocks_[i]);
    }

private:
    std::size_t size_;
    std::array<void*, Count> blocks_{};
};

template <std::size_t Count>
void run_batch(benchmark::State& state, batch<Count>& blocks)
{
    for (auto _ : measured(state)) {
        blocks.allocate_all();
        blocks.free_all();
    }
    count_items(state, static_cast<std::int64_t>(Count));
}

constexpr std::size_t tcache_blocks = 7; // glibc.malloc.tcache_count, see the glibc manual
constexpr std::size_t many_blocks = 32;

void tcache(benchmark::State& state)
{
    batch<tcache_blocks> blocks{64};
    prove("the tcache takes seven blocks, as malloc still counts them as in use", [&] {
        blocks.allocate_all();
        const auto change = change_by([&] { blocks.free_all(); });
        return !change || *change == malloc_snapshot{};
    });
    run_batch(state, blocks);
}

void fastbin(benchmark::State& state)
{
    batch<many_blocks> blocks{64};
    prove("what the tcache does not take goes to a fastbin, and comes back from it", [&] {
        const auto there = change_by([&] { blocks.allocate_all(); });
        const auto back = change_by([&] { blocks.free_all(); });
        const std::int64_t beyond = many_blocks - tcache_blocks;
        return !there || (there->fast_bin_chunks <= -beyond && back->fast_bin_chunks >= beyond);
    });
    run_batch(state, blocks);
}

constexpr std::size_t beyond_tcache = 2000; // it takes blocks of up to 1032 bytes

// The block that lies between two others with nothing else in between.
malloc_block& find_enclosed(std::span<malloc_block> blocks)
{
    const auto address = [&](std::size_t i) {
        return reinterpret_cast<std::uintptr_t>(blocks[i].get());
    };
    std::size_t i = blocks.size() - 2;
    while (i > 1 && (address(i) - address(i - 1) != beyond_tcache + 16 ||
                     address(i + 1) - address(i) != beyond_tcache + 16)) {
        --i;
    }
    return blocks[i];
}

void unsorted(benchmark::State& state)
{
    std::array<malloc_block, 128> blocks;
    for (malloc_block& block : blocks) block.reset(allocate(beyond_tcache));
    malloc_block& used = find_enclosed(blocks);
    prove("a freed block is a free chunk of its own, and the next of its size", [&] {
        void* const address = used.get();
        const auto change = change_by([&] { used.reset(); });
        used.reset(allocate(beyond_tcache));
        return !change || (change->free_chunks == 1 && used.get() == address);
    });
    used.reset();
    for (auto _ : measured(state)) std::free(allocate(beyond_tcache));
    count_items(state, 1);
}

constexpr std::size_t always_mapped = std::size_t{33} << 20; // beyond the highest mmap threshold
constexpr std::size_t never_mapped = std::size_t{16} << 20;

// One block, of which so many KiB are used.
template <std::size_t Size>
void large_block(benchmark::State& state)
{
    settle_malloc();
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

void malloc_memset(benchmark::State& state)
{
    settle_malloc();
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : measured(state)) {
        void* block = std::malloc(size);
        escape(block); // or the two are made one calloc
        std::memset(block, 0, size);
        escape(block);
        std::free(block);
    }
}

void calloc_only(benchmark::State& state)
{
    settle_malloc();
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : measured(state)) {
        void* block = std::calloc(1, size);
        escape(block);
        std::free(block);
    }
}

void calloc_touched(benchmark::State& state)
{
    settle_malloc();
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : measured(state)) {
        void* block = std::calloc(1, size);
        touch_pages(block, size);
        std::free(block);
    }
}

void add_sizes(benchmark::internal::Benchmark* benchmark)
{
    benchmark->ArgName("bytes")->Arg(64)->Arg(4096)->Arg(1 << 20)->Arg(always_mapped);
}

} // namespace

std::vector<pattern> reuse()
{
    return {
        {.name = "reuse/tcache",
         .shows = "Seven blocks, freed and got back: a thread keeps as many of each size in its "
                  "tcache, without a lock.",
         .allocations = exactly(tcache_blocks),
         .run = tcache},
        {.name = "reuse/fastbin",
         .shows = "32 blocks: what is too much for the tcache waits in a fastbin of the arena, and "
                  "comes back through the tcache, seven at a time.",
         .allocations = exactly(many_blocks),
         .run = fastbin},
        {.name = "reuse/unsorted",
         .shows =
             "A block too large for the tcache waits in the unsorted bin, between blocks in use, "
             "and fits the next request.",
         .allocations = exactly(1),
         .run = unsorted},
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
         .shows = "A block cleared by calloc: memory fresh from the kernel is zero already, so "
                  "nothing is written.",
         .allocations = exactly(1),
         .run = calloc_only,
         .configure = add_sizes},
        {.name = "reuse/calloc_touched",
         .shows = "The same, and a byte of each page written: calloc only puts the page faults "
                  "off.",
         .allocations = exactly(1),
         .run = calloc_touched,
         .configure = add_sizes},
    };
}

} // namespace bench
