// Who frees a block: the thread that allocated it, or another one.
#include "blocks.hpp"
#include "patterns.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <span>
#include <thread>
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
    auto blocks =
        heaplings::warm_up([&] { return block_list(static_cast<std::size_t>(state.range(0))); });
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

// Blocks that live at the same time, of which one at random is replaced at a time.
using live_blocks = std::span<std::atomic<void*>>;

void fill(live_blocks live, std::minstd_rand& random)
{
    for (std::atomic<void*>& block : live) block.store(allocate(draw_small(random)));
}

void replace_one(live_blocks live, std::minstd_rand& random)
{
    void* block = allocate(draw_small(random));
    // Acquire and release: who frees a block sees what was written to it.
    std::free(live[random() % live.size()].exchange(block, std::memory_order_acq_rel));
}

void clear(live_blocks live)
{
    for (std::atomic<void*>& block : live) std::free(block.exchange(nullptr));
}

constexpr int most_threads = 8;
constexpr std::size_t most_live_blocks = 1 << 14;
std::array<std::atomic<void*>, most_threads * most_live_blocks> room; // for those of all threads

std::minstd_rand random_of_thread(const benchmark::State& state)
{
    return std::minstd_rand{static_cast<unsigned>(state.thread_index()) + 1};
}

void replace_own(benchmark::State& state)
{
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto own = static_cast<std::size_t>(state.thread_index()) * most_live_blocks;
    const live_blocks live{room.data() + own, count};
    auto random = random_of_thread(state);
    fill(live, random);
    for (auto _ : measured(state)) replace_one(live, random);
    clear(live);
    count_items(state, 1);
}

void replace_of_all(benchmark::State& state)
{
    const auto count = static_cast<std::size_t>(state.range(0) * state.threads());
    const live_blocks live{room.data(), count};
    auto random = random_of_thread(state);
    if (state.thread_index() == 0) fill(live, random);
    for (auto _ : measured(state)) replace_one(live, random); // begins when all have come here
    if (state.thread_index() == 0) clear(live);
    count_items(state, 1);
}

using registered = benchmark::internal::Benchmark;

registered* add_threads(registered* benchmark)
{
    return benchmark->ThreadRange(1, most_threads)->UseRealTime();
}

void add_batch(registered* benchmark)
{
    add_threads(benchmark)->ArgName("batch")->Arg(256)->Arg(4096);
}

void add_live(registered* benchmark)
{
    add_threads(benchmark)->ArgName("live_each")->Arg(1024)->Arg(most_live_blocks);
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
                  "arena they came from, where two cores now meet, and not to the producer's "
                  "cache. Small batches make the two wait for each other, too.",
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
    };
}

} // namespace bench
