// In which of malloc's lists freed memory waits, and what it costs to get it back from there.
#include "blocks.hpp"
#include "patterns.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace bench {

namespace {

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
        return !change || *change == heaplings::malloc_snapshot{};
    });
    run_batch(state, blocks);
}

void fastbin(benchmark::State& state)
{
    batch<many_blocks> blocks{64};
    prove("what the tcache does not take goes to a fastbin, and comes back from it", [&] {
        const auto there = change_by([&] { blocks.allocate_all(); });
        const auto back = change_by([&] { blocks.free_all(); });
        return !there || (there->fast_bin_chunks < 0 && back->fast_bin_chunks > 0);
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
                  "comes back through the tcache, a handful at a time.",
         .allocations = exactly(many_blocks),
         .run = fastbin},
        {.name = "reuse/unsorted",
         .shows =
             "A block too large for the tcache waits in the unsorted bin, between blocks in use, "
             "and fits the next request.",
         .allocations = exactly(1),
         .run = unsorted},
    };
}

} // namespace bench
