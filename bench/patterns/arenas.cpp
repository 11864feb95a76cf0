// Memory resources of the standard library (std::pmr) beside operator new.
#include "blocks.hpp"
#include "patterns.hpp"
#include "resources.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

namespace bench {

namespace {

using std::pmr::memory_resource;

constexpr std::size_t block_count = 1000;

struct request
{
    void* block;
    std::size_t size;
};

// Blocks of 16 to 256 bytes.
std::vector<request> make_requests()
{
    std::vector<request> requests;
    for (const std::size_t size : draw_sizes(mixed_small, block_count)) {
        requests.push_back({nullptr, size});
    }
    return requests;
}

void allocate_all(memory_resource& from, std::vector<request>& requests)
{
    for (request& each : requests) {
        each.block = from.allocate(each.size);
        escape(each.block);
    }
}

template <typename Resource>
void free_all(Resource& resource, std::vector<request>& requests)
{
    if constexpr (resources::frees_at_once<Resource>) {
        resource.release();
    } else {
        memory_resource& from = *resource.get();
        for (const request& each : requests) from.deallocate(each.block, each.size);
    }
}

template <typename Resource>
void blocks(benchmark::State& state)
{
    Resource resource;
    std::vector<request> requests = heaplings::warm_up(make_requests);
    allocate_all(*resource.get(), requests); // a pool gets its memory now
    free_all(resource, requests);
    for (auto _ : measured(state)) {
        allocate_all(*resource.get(), requests);
        free_all(resource, requests);
    }
    count_items(state, block_count);
}

// Times the freeing alone, and the reading of the clock.
template <typename Resource>
void reset(benchmark::State& state)
{
    Resource resource;
    std::vector<request> requests = heaplings::warm_up(make_requests);
    allocate_all(*resource.get(), requests);
    free_all(resource, requests);
    for (auto _ : measured(state)) {
        allocate_all(*resource.get(), requests);
        const auto start = std::chrono::steady_clock::now();
        free_all(resource, requests);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        state.SetIterationTime(taken.count());
    }
    count_items(state, block_count);
}

void fill(std::pmr::list<std::int64_t>& list)
{
    for (std::size_t i = 0; i < block_count; ++i) list.push_back(static_cast<std::int64_t>(i));
}

void fill(std::pmr::map<std::int64_t, std::int64_t>& map)
{
    std::minstd_rand random;
    for (std::size_t i = 0; i < block_count; ++i) map.emplace(random(), 0);
}

void fill(std::pmr::unordered_map<std::int64_t, std::int64_t>& map)
{
    map.reserve(block_count);
    std::minstd_rand random;
    for (std::size_t i = 0; i < block_count; ++i) map.emplace(random(), 0);
}

// Fills a container and destroys it.
template <typename Resource, typename Container>
void container(benchmark::State& state)
{
    Resource resource;
    const auto fill_and_destroy = [&] {
        {
            Container numbers{resource.get()};
            fill(numbers);
            escape(&numbers);
        }
        if constexpr (resources::frees_at_once<Resource>) resource.release();
    };
    fill_and_destroy();
    for (auto _ : measured(state)) fill_and_destroy();
    count_items(state, block_count);
}

using list = std::pmr::list<std::int64_t>;
using map = std::pmr::map<std::int64_t, std::int64_t>;
using unordered_map = std::pmr::unordered_map<std::int64_t, std::int64_t>;

// The patterns of one resource.
template <typename Resource>
void add_patterns(std::vector<pattern>& all, const std::string& name, const std::string& how)
{
    const auto in_threads = [](auto* benchmark) { benchmark->ThreadRange(1, 2)->UseRealTime(); };
    all.push_back({.name = "arena/blocks/" + name,
                   .shows = "1000 blocks of 16 to 256 bytes are allocated and freed. " + how,
                   .allocations = Resource::allocations(block_count),
                   .run = blocks<Resource>,
                   .configure = in_threads});
    all.push_back(
        {.name = "arena/reset/" + name,
         .shows =
             "The freeing alone of 1000 such blocks, with some 20 ns to read the clock. " + how,
         .allocations = Resource::allocations(block_count),
         .run = reset<Resource>,
         .configure = [](auto* benchmark) { benchmark->UseManualTime(); }});
    all.push_back({.name = "arena/list/" + name,
                   .shows = "A list of 1000 numbers is filled and destroyed. " + how,
                   .allocations = Resource::allocations(block_count),
                   .run = container<Resource, list>});
    all.push_back({.name = "arena/map/" + name,
                   .shows = "A map of 1000 numbers is filled and destroyed. " + how,
                   .allocations = Resource::allocations(block_count),
                   .run = container<Resource, map>});
    all.push_back({.name = "arena/unordered_map/" + name,
                   .shows = "A hash table of 1000 numbers is filled and destroyed; its buckets are "
                            "one block more. " +
                            how,
                   .allocations = Resource::allocations(block_count + 1),
                   .run = container<Resource, unordered_map>});
}

} // namespace

std::vector<pattern> arenas()
{
    std::vector<pattern> all;
    add_patterns<resources::new_delete>(all, "new", "Each block comes from operator new.");
    add_patterns<resources::monotonic>(
        all, "monotonic",
        "The arena, one for each thread, only moves a pointer on, and frees "
        "everything at once by moving it back.");
    add_patterns<resources::growing>(
        all, "growing",
        "The arena has no buffer of its own, asks for ever larger ones, and "
        "gives them back at the end.");
    add_patterns<resources::released>(
        all, "released",
        "A pool that gives all its memory back at once, and has to ask for it again.");
    add_patterns<resources::unsynchronized>(
        all, "unsynchronized", "A pool, one for each thread, keeps what is freed, by size.");
    add_patterns<resources::synchronized>(
        all, "synchronized", "One pool for all threads keeps what is freed, by size and thread.");
    return all;
}

} // namespace bench
