// Buffers that grow: by what factor, in place or by copying.
#include "blocks.hpp"
#include "patterns.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

namespace bench {

namespace {

constexpr std::size_t first_size = 4 << 10;
constexpr std::size_t last_size = 1 << 20;

// A factor of 1.0 stands for a constant step.
std::size_t next_size(std::size_t size, std::int64_t percent)
{
    if (percent == 100) return size + first_size;
    return size * static_cast<std::size_t>(percent) / 100;
}

std::int64_t count_sizes(std::int64_t percent)
{
    std::int64_t count = 1;
    for (std::size_t size = first_size; size < last_size; size = next_size(size, percent)) ++count;
    return count;
}

void* by_realloc(void* buffer, std::size_t, std::size_t size)
{
    return std::realloc(buffer, size);
}

void* by_copying(void* buffer, std::size_t used, std::size_t size)
{
    void* grown = std::malloc(size);
    if (used != 0) std::memcpy(grown, buffer, used);
    escape(grown);
    std::free(buffer);
    return grown;
}

using resize = void*(void* buffer, std::size_t used, std::size_t size);

// Grows the buffers in turn. Returns how many times one got another address.
std::int64_t grow(std::span<void*> buffers, std::int64_t percent, resize& to_size)
{
    std::int64_t moves = 0;
    std::size_t used = 0;
    for (std::size_t size = first_size; used < last_size; size = next_size(size, percent)) {
        for (void*& buffer : buffers) {
            void* grown = to_size(buffer, used, size);
            moves += buffer != nullptr && grown != buffer ? 1 : 0;
            buffer = grown;
            touch_pages(static_cast<char*>(buffer) + used, size - used);
        }
        used = size;
    }
    return moves;
}

template <resize ToSize>
void grow_buffers(benchmark::State& state)
{
    std::int64_t moves = 0;
    for (auto _ : measured(state)) {
        // Where there is room behind it: what others left in the heap makes no difference.
        std::array<void*, 2> both{std::malloc(4 * last_size), nullptr};
        escape(both[0]);
        const std::span buffers{both.data(), static_cast<std::size_t>(state.range(1))};
        moves += grow(buffers, state.range(0), *ToSize);
        for (void* buffer : buffers) std::free(buffer);
    }
    add_counter(state, "moves", {static_cast<double>(moves), benchmark::Counter::kAvgIterations});
}

std::int64_t count_growth(const benchmark::State& state)
{
    return 1 + state.range(1) * count_sizes(state.range(0));
}

void add_growth(benchmark::internal::Benchmark* benchmark, const std::vector<std::int64_t>& buffers)
{
    benchmark->ArgNames({"percent", "buffers"})
        ->ArgsProduct({{100, 150, 200}, buffers})
        ->Unit(benchmark::kMicrosecond);
}

constexpr std::size_t mapped_size = std::size_t{64} << 20;

void grow_mapped(benchmark::State& state)
{
    void* buffer = std::malloc(mapped_size);
    std::memset(buffer, 1, mapped_size);
    std::int64_t moves = 0;
    for (auto _ : measured(state)) {
        void* grown = std::realloc(buffer, 2 * mapped_size);
        moves += grown != buffer ? 1 : 0;
        escape(grown);
        buffer = std::realloc(grown, mapped_size);
        escape(buffer);
    }
    add_counter(state, "moves", {static_cast<double>(moves), benchmark::Counter::kAvgIterations});
    std::free(buffer);
}

void copy_mapped(benchmark::State& state)
{
    void* buffer = std::malloc(mapped_size);
    std::memset(buffer, 1, mapped_size);
    for (auto _ : measured(state)) {
        buffer = by_copying(buffer, mapped_size, 2 * mapped_size);
    }
    std::free(buffer);
}

void fill_vector(benchmark::State& state)
{
    const std::int64_t count = state.range(0);
    for (auto _ : measured(state)) {
        std::vector<std::int64_t> numbers;
        if (state.range(1) != 0) numbers.reserve(static_cast<std::size_t>(count));
        for (std::int64_t i = 0; i < count; ++i) numbers.push_back(i);
        escape(numbers.data());
    }
    count_items(state, state.range(0));
}

// How often a vector allocates that doubles its capacity from 1 on, as libstdc++'s and libc++'s do.
std::int64_t count_doublings(std::int64_t elements)
{
    std::int64_t count = 1;
    for (std::int64_t capacity = 1; capacity < elements; capacity *= 2) ++count;
    return count;
}

} // namespace

std::vector<pattern> growth()
{
    return {
        {.name = "growth/copy",
         .shows = "A buffer grows to 1 MiB and is copied each time, as a vector's: by 4 KiB at a "
                  "time (percent:100) that is 128 MiB in all, by doubling (percent:200) 1 MiB.",
         .allocations = count_growth,
         .run = grow_buffers<by_copying>,
         .configure = [](auto* benchmark) { add_growth(benchmark, {1}); }},
        {.name = "growth/realloc",
         .shows = "A buffer grows to 1 MiB by realloc, which extends the last block of the heap in "
                  "place, and "
                  "copies only where another buffer grows behind it (buffers:2).",
         .allocations = count_growth,
         .run = grow_buffers<by_realloc>,
         .configure =
             [](auto* benchmark) {
                 add_growth(benchmark, {1, 2});
             }},
        {.name = "growth/realloc_mapped",
         .shows = "A mapped block of 64 MiB grows to 128 MiB and shrinks again: the kernel extends "
                  "the mapping, or moves its pages to other addresses (mremap), and not a byte is "
                  "copied.",
         .allocations = exactly(2),
         .run = grow_mapped,
         .configure = [](auto* benchmark) { benchmark->Unit(benchmark::kMicrosecond); }},
        {.name = "growth/copy_mapped",
         .shows = "A mapped block of 64 MiB is copied to a new one: each page is faulted in and "
                  "copied.",
         .allocations = exactly(1),
         .run = copy_mapped,
         .configure = [](auto* benchmark) { benchmark->Unit(benchmark::kMicrosecond); }},
        {.name = "growth/vector",
         .shows = "A vector is filled by push_back, with and without reserve: without, it doubles "
                  "its memory again and again, and copies what it has.",
         .allocations =
             [](const benchmark::State& state) {
                 return state.range(1) != 0 ? 1 : count_doublings(state.range(0));
             },
         .run = fill_vector,
         .configure =
             [](auto* benchmark) {
                 benchmark->ArgNames({"elements", "reserve"})
                     ->ArgsProduct({{10, 1000, 1000000}, {0, 1}});
             }},
    };
}

} // namespace bench
