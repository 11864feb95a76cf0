// Buffers that grow: by what factor, in place or by copying.
#include "blocks.hpp"
#include "patterns.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace bench {

namespace {

constexpr std::size_t first_size = 64 << 10; // larger than most holes that others leave
constexpr std::size_t last_size = 16 << 20;

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

// Grows the buffers in turn. Returns how many times one got another address.
std::int64_t grow(std::span<void*> buffers, std::int64_t percent)
{
    std::int64_t moves = 0;
    std::size_t before = 0;
    for (std::size_t size = first_size; before < last_size; size = next_size(size, percent)) {
        for (void*& buffer : buffers) {
            void* grown = std::realloc(buffer, size);
            moves += buffer != nullptr && grown != buffer ? 1 : 0;
            buffer = grown;
            touch_pages(static_cast<char*>(buffer) + before, size - before);
        }
        before = size;
    }
    return moves;
}

void grow_by_realloc(benchmark::State& state)
{
    std::int64_t moves = 0;
    for (auto _ : measured(state)) {
        std::array<void*, 2> both{};
        const std::span buffers{both.data(), static_cast<std::size_t>(state.range(1))};
        moves += grow(buffers, state.range(0));
        for (void* buffer : buffers) std::free(buffer);
    }
    add_counter(state, "moves", {static_cast<double>(moves), benchmark::Counter::kAvgIterations});
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

void grow_by_copying(benchmark::State& state)
{
    void* buffer = std::malloc(mapped_size);
    std::memset(buffer, 1, mapped_size);
    for (auto _ : measured(state)) {
        void* grown = std::malloc(2 * mapped_size);
        std::memcpy(grown, buffer, mapped_size);
        escape(grown);
        std::free(std::exchange(buffer, grown));
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
        {.name = "growth/realloc",
         .shows = "A buffer grows to 16 MiB, by 64 KiB at a time (percent:100) or by a factor: "
                  "realloc extends the last block of the heap in place, and copies where another "
                  "buffer grows behind it.",
         .allocations =
             [](const benchmark::State& state) {
                 return state.range(1) * count_sizes(state.range(0));
             },
         .run = grow_by_realloc,
         .configure =
             [](auto* benchmark) {
                 benchmark->ArgNames({"percent", "buffers"})
                     ->ArgsProduct({{100, 150, 200}, {1, 2}})
                     ->Unit(benchmark::kMicrosecond);
             }},
        {.name = "growth/realloc_mapped",
         .shows = "A mapped block of 64 MiB grows to 128 MiB and shrinks again: the kernel extends "
                  "the mapping, or moves its pages to other addresses (mremap), and not a byte is "
                  "copied.",
         .allocations = exactly(2),
         .run = grow_mapped,
         .configure = [](auto* benchmark) { benchmark->Unit(benchmark::kMicrosecond); }},
        {.name = "growth/copy_mapped",
         .shows = "The same growth by malloc, memcpy and free: each page is faulted in and "
                  "copied.",
         .allocations = exactly(1),
         .run = grow_by_copying,
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
