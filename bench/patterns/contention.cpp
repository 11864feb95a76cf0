// What several threads do to an arena that they share.
//
// The limit of arenas holds for a whole process, for good. So one run of the program has arenas for
// each thread, and another, with GLIBC_TUNABLES=glibc.malloc.arena_max=1, has one for all.
#include "blocks.hpp"
#include "patterns.hpp"

#include <heaplings/heap_probe/chunk.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <thread>

namespace bench {

namespace {

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

// Work that malloc's caches for each thread can't do alone.
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
    std::array<void*, blocks_at_a_time> blocks{};
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : measured(state)) {
        for (void*& block : blocks) block = allocate(size);
        for (void* block : blocks) std::free(block);
    }
    count_items(state, blocks_at_a_time);
}

void add_sizes(benchmark::internal::Benchmark* benchmark)
{
    benchmark->ArgName("bytes")->Arg(64)->Arg(2048)->ThreadRange(1, 8)->UseRealTime();
}

} // namespace

std::vector<pattern> contention()
{
    return {
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
