// What counting costs: operator new with the hooks of leak_counter.hpp beside plain malloc, on the same work.
//
//   lifo    batches of small blocks, freed in the opposite order; also in two threads
//   live    100,000 live blocks, one at random replaced at a time
//
// Read the ratio of new_delete to malloc_free of the same row.
#include <heaplings/leak_counter.hpp>
#include <heaplings/leak_counter/hooks.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <random>
#include <vector>

namespace {

struct malloc_free
{
    static void* allocate(std::size_t size) { return std::malloc(size); }
    static void release(void* block) { std::free(block); }
};

struct new_delete
{
    static void* allocate(std::size_t size) { return ::operator new(size); }
    static void release(void* block) { ::operator delete(block); }
};

template <typename Allocator>
void lifo(benchmark::State& state)
{
    std::array<void*, 16> blocks{};
    for (auto _ : state) {
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            blocks[i] = Allocator::allocate(16 + 8 * i);
            benchmark::DoNotOptimize(blocks[i]);
        }
        for (std::size_t i = blocks.size(); i-- > 0;) Allocator::release(blocks[i]);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(blocks.size()));
}

template <typename Allocator>
void live(benchmark::State& state)
{
    std::minstd_rand random;
    std::vector<void*> blocks(100'000);
    for (void*& block : blocks) block = Allocator::allocate(16 + random() % 128);
    for (auto _ : state) {
        void*& block = blocks[random() % blocks.size()];
        Allocator::release(block);
        block = Allocator::allocate(16 + random() % 128);
        benchmark::DoNotOptimize(block);
    }
    for (void* block : blocks) Allocator::release(block);
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(lifo<malloc_free>)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(lifo<new_delete>)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(live<malloc_free>);
BENCHMARK(live<new_delete>);

} // namespace
