// Who frees a block: the thread that allocated it, or another one. And what several threads do to
// one arena.
#include "blocks.hpp"
#include "pages.hpp"
#include "patterns.hpp"

#include <heaplings/heap_probe/chunk.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace {

using block_list = std::vector<void*>;

void allocate_all(block_list& blocks, std::size_t size)
{
    for (void*& block : blocks) block = allocate(size);
}

void free_all(const block_list& blocks)
{
    for (void* block : blocks) std::free(block);
}

constexpr std::size_t small_block = 64;

// As many blocks at a time as the argument says, freed in the same order.
void free_own(benchmark::State& state)
{
    auto blocks = heaplings::warm_up(
        [&] { return block_list(static_cast<std::size_t>(state.range(0))); });
    for (auto _ : measured(state)) {
        allocate_all(blocks, small_block);
        free_all(blocks);
    }
    count_items(state, state.range(0));
}

// A thread that frees the blocks it is handed. It works on one batch while the next is filled; an
// empty one is the last.
class consumer
{
public:
    explicit consumer(std::size_t blocks_in_batch)
    {
        for (batch& each : batches_) each.blocks.resize(blocks_in_batch);
        thread_ = std::thread{[this] { consume(); }};
    }
    consumer(const consumer&) = delete;
    consumer& operator=(const consumer&) = delete;
    ~consumer()
    {
        hand_over([](block_list& blocks) { blocks.clear(); });
        thread_.join();
    }

    // Calls `fill` with the blocks of a batch that the thread is through with.
    template <typename Fill>
    void hand_over(Fill fill)
    {
        batch& next = batches_[filled_++ % batches_.size()];
        next.is_full.wait(true, std::memory_order_acquire);
        fill(next.blocks);
        next.is_full.store(true, std::memory_order_release);
        next.is_full.notify_one();
    }

private:
    struct batch
    {
        block_list blocks;
        alignas(64) std::atomic<bool> is_full = false;
    };

    void consume()
    {
        for (std::size_t i = 0;; ++i) {
            batch& next = batches_[i % batches_.size()];
            next.is_full.wait(false, std::memory_order_acquire);
            if (next.blocks.empty()) return;
            free_all(next.blocks);
            next.is_full.store(false, std::memory_order_release);
            next.is_full.notify_one();
        }
    }

    std::array<batch, 2> batches_;
    std::size_t filled_ = 0;
    std::thread thread_;
};

void produce_for_consumer(benchmark::State& state)
{
    consumer partner{static_cast<std::size_t>(state.range(0))};
    for (auto _ : measured(state)) {
        partner.hand_over([](block_list& blocks) { allocate_all(blocks, small_block); });
    }
    count_items(state, state.range(0));
}

constexpr std::size_t most_live_blocks = 1 << 16;

// Blocks that live at the same time, of which one at random is replaced at a time.
using live_blocks = std::array<std::atomic<void*>, most_live_blocks>;

void fill(live_blocks& live, std::size_t count, std::minstd_rand& random)
{
    for (std::size_t i = 0; i < count; ++i) live[i].store(allocate(draw_small(random)));
}

void replace_one(live_blocks& live, std::size_t count, std::minstd_rand& random)
{
    void* block = allocate(draw_small(random));
    // Acquire and release: who frees a block sees what was written to it.
    std::free(live[random() % count].exchange(block, std::memory_order_acq_rel));
}

void clear(live_blocks& live)
{
    for (std::atomic<void*>& block : live) std::free(block.exchange(nullptr));
}

std::minstd_rand random_of_thread(const benchmark::State& state)
{
    return std::minstd_rand{static_cast<unsigned>(state.thread_index()) + 1};
}

void replace_own(benchmark::State& state)
{
    const auto live = heaplings::warm_up([] { return std::make_unique<live_blocks>(); });
    const auto count = static_cast<std::size_t>(state.range(0) / state.threads());
    auto random = random_of_thread(state);
    fill(*live, count, random);
    for (auto _ : measured(state)) replace_one(*live, count, random);
    clear(*live);
    count_items(state, 1);
}

void replace_of_all(benchmark::State& state)
{
    static live_blocks of_all;
    const auto count = static_cast<std::size_t>(state.range(0));
    auto random = random_of_thread(state);
    if (state.thread_index() == 0) fill(of_all, count, random);
    for (auto _ : measured(state)) replace_one(of_all, count, random); // when all have come here
    if (state.thread_index() == 0) clear(of_all);
    count_items(state, 1);
}

// Whether all threads share the main arena, as M_ARENA_MAX 1 makes them (mallopt(3)); nothing if
// malloc is not glibc's.
std::optional<bool> is_one_arena()
{
    static const std::optional<bool> is_one = [] {
        const heaplings::not_counted own_work;
        std::optional<heaplings::chunk> chunk;
        std::thread{[&] {
            const malloc_block block{allocate(4096)}; // of no cache
            chunk = heaplings::chunk_of(block.get());
        }}.join();
        if (!chunk) return std::optional<bool>{};
        return std::optional{chunk->origin == heaplings::chunk_origin::main_arena};
    }();
    return is_one;
}

constexpr int blocks_at_a_time = 64;

// Work that malloc's caches for each thread can't do alone, in a process with one arena or more:
// the limit of arenas holds for a whole process, for good.
template <bool NeedsOneArena>
void share_arena(benchmark::State& state)
{
    const auto is_one = is_one_arena();
    if (!is_one) return skip(state, "malloc is not glibc's, which alone has such arenas");
    if (*is_one != NeedsOneArena) {
        return skip(state, NeedsOneArena
                               ? "threads have arenas of their own in this process; set "
                                 "GLIBC_TUNABLES=glibc.malloc.arena_max=1 in the environment"
                               : "all threads share one arena in this process; take arena_max out "
                                 "of GLIBC_TUNABLES and MALLOC_ARENA_MAX out of the environment");
    }
    auto blocks = heaplings::warm_up([] { return block_list(blocks_at_a_time); });
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : measured(state)) {
        allocate_all(blocks, size);
        free_all(blocks);
    }
    count_items(state, blocks_at_a_time);
}

using registered = benchmark::internal::Benchmark;

registered* add_threads(registered* benchmark)
{
    return benchmark->ThreadRange(1, 8)->UseRealTime();
}

void add_batch(registered* benchmark)
{
    add_threads(benchmark)->ArgName("batch")->Arg(256);
}

void add_live(registered* benchmark)
{
    add_threads(benchmark)->ArgName("live")->Arg(1024)->Arg(most_live_blocks);
}

void add_sizes(registered* benchmark)
{
    add_threads(benchmark)->ArgName("bytes")->Arg(small_block)->Arg(2048);
}

allocation_range one_batch(const benchmark::State& state)
{
    return state.range(0);
}

} // namespace

std::vector<pattern> threads()
{
    return {
        {.name = "threads/private",
         .shows = "Each thread frees its own blocks: threads are in no one's way, so twice the "
                  "cores do twice the work.",
         .allocations = one_batch,
         .run = free_own,
         .configure = add_batch},
        {.name = "threads/producer_consumer",
         .shows = "Each thread hands its blocks to a partner that frees them: they go back to the "
                  "arena they came from, under its lock, instead of the thread's cache.",
         .allocations = one_batch,
         .run = produce_for_consumer,
         .configure = add_batch},
        {.name = "threads/random_private",
         .shows = "Each thread replaces live blocks of its own at random.",
         .allocations = exactly(1),
         .run = replace_own,
         .configure = add_live},
        {.name = "threads/random_hand_over",
         .shows = "Threads replace live blocks of all at random: most blocks are freed by another "
                  "thread, and their cache lines wander between the cores.",
         .allocations = exactly(1),
         .run = replace_of_all,
         .configure = add_live},
        {.name = "threads/own_arenas",
         .shows = "More blocks at a time than malloc's caches take, from an arena for each thread: "
                  "locks that no one else wants.",
         .allocations = exactly(blocks_at_a_time),
         .run = share_arena<false>,
         .configure = add_sizes},
        {.name = "threads/one_arena",
         .shows = "The same from one arena for all threads (M_ARENA_MAX 1): they wait for each "
                  "other at its lock.",
         .allocations = exactly(blocks_at_a_time),
         .run = share_arena<true>,
         .configure = add_sizes},
    };
}

} // namespace bench
