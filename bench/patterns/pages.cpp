// When memory comes from the kernel, page by page, and what reading it costs.
#include "pages.hpp"
#include "patterns.hpp"

#include <cstddef>
#include <fstream>
#include <optional>
#include <string>

#ifndef MADV_POPULATE_WRITE // of Linux 5.14, glibc 2.35
#define MADV_POPULATE_WRITE 23
#endif

namespace bench {

namespace {

using registered = benchmark::internal::Benchmark;

std::size_t size_of(const benchmark::State& state)
{
    return mebibytes(state.range(0));
}

void first_touch(benchmark::State& state)
{
    const fault_counter faults;
    for (auto _ : measured(state)) {
        const small_pages fresh{size_of(state)};
        fresh.touch();
    }
    faults.report(state);
    add_time_of_each(state, "page", size_of(state) / page_bytes());
}

void first_read(benchmark::State& state)
{
    const fault_counter faults;
    for (auto _ : measured(state)) {
        const small_pages fresh{size_of(state)};
        read_bytes(fresh.begin(), fresh.size(), page_bytes());
    }
    faults.report(state);
    add_time_of_each(state, "page", size_of(state) / page_bytes());
}

void second_touch(benchmark::State& state)
{
    const small_pages touched{size_of(state)};
    touched.touch();
    const fault_counter faults;
    for (auto _ : measured(state)) touched.touch();
    faults.report(state);
    add_time_of_each(state, "page", size_of(state) / page_bytes());
}

void populate(benchmark::State& state)
{
    if (!small_pages{page_bytes()}.advise(MADV_POPULATE_WRITE)) {
        return skip(state, "this kernel has no MADV_POPULATE_WRITE; Linux 5.14 and later have");
    }
    const fault_counter faults;
    for (auto _ : measured(state)) {
        const small_pages fresh{size_of(state)};
        benchmark::DoNotOptimize(fresh.advise(MADV_POPULATE_WRITE));
        fresh.touch();
    }
    faults.report(state);
    add_time_of_each(state, "page", size_of(state) / page_bytes());
}

// As many reads whatever the step, so as many cache lines from 64 bytes on.
void stride(benchmark::State& state)
{
    constexpr std::size_t reads = 32768;
    const auto apart = static_cast<std::size_t>(state.range(0));
    const small_pages touched{reads * apart};
    touched.touch();
    for (auto _ : measured(state)) read_bytes(touched.begin(), touched.size(), apart);
    add_time_of_each(state, "read", reads);
}

// Reads at random, each of which must wait for the value of the one before.
void read_random(benchmark::State& state, const mapping& touched)
{
    constexpr std::size_t reads = 1024;
    const std::size_t mask = touched.size() - 1; // a power of two
    const volatile char* bytes = touched.begin();
    std::size_t at = 0;
    for (auto _ : measured(state)) {
        for (std::size_t i = 0; i < reads; ++i) {
            at = at * 6364136223846793005U + 1442695040888963407U +
                 static_cast<std::size_t>(bytes[(at >> 20) & mask]);
        }
    }
    add_time_of_each(state, "read", reads);
}

// Why there are no huge pages to be had by madvise(2); nothing if there are.
std::optional<std::string> no_huge_pages()
{
    const char* file = "/sys/kernel/mm/transparent_hugepage/enabled";
    std::string modes;
    std::getline(std::ifstream{file}, modes);
    if (modes.empty()) return "this kernel has no transparent huge pages";
    if (modes.find("[never]") == modes.npos) return std::nullopt;
    return std::string{"huge pages are off; write madvise to "} + file;
}

// MADV_HUGEPAGE or MADV_NOHUGEPAGE; false if the run is skipped.
bool huge_or_small(benchmark::State& state, int advice)
{
    const auto why_not = heaplings::warm_up(no_huge_pages);
    if (advice != MADV_HUGEPAGE || !why_not) return true;
    skip(state, *why_not);
    return false;
}

template <int Advice>
void touch_huge_or_small(benchmark::State& state)
{
    if (!huge_or_small(state, Advice)) return;
    const fault_counter faults; // they tell whether the kernel had huge pages at hand
    for (auto _ : measured(state)) {
        const mapping fresh{size_of(state)};
        fresh.advise(Advice);
        fresh.touch();
    }
    faults.report(state);
    add_time_of_each(state, "page", size_of(state) / page_bytes());
}

template <int Advice>
void read_huge_or_small(benchmark::State& state)
{
    if (!huge_or_small(state, Advice)) return;
    const mapping touched{size_of(state)};
    touched.advise(Advice);
    touched.touch();
    read_random(state, touched);
}

void add_sizes(registered* benchmark)
{
    benchmark->ArgName("mib")->Arg(1)->Arg(64)->Unit(benchmark::kMicrosecond);
}

void add_large_size(registered* benchmark)
{
    benchmark->ArgName("mib")->Arg(64)->Unit(benchmark::kMicrosecond);
}

// In the cache of a server's processor, but not in the TLB; beyond both.
void add_random_sizes(registered* benchmark)
{
    benchmark->ArgName("mib")->Arg(16)->Arg(128)->Unit(benchmark::kMicrosecond);
}

void add_strides(registered* benchmark)
{
    benchmark->ArgName("bytes")->RangeMultiplier(4)->Range(16, 4096)->Arg(4096 + 64);
    benchmark->Unit(benchmark::kMicrosecond);
}

pattern without_malloc(std::string name, std::string shows, void (*run)(benchmark::State&),
                       void (*configure)(registered*))
{
    return {.name = std::move(name),
            .shows = std::move(shows),
            .allocations = exactly(0),
            .run = run,
            .configure = configure};
}

} // namespace

std::vector<pattern> pages()
{
    return {
        without_malloc("pages/first_touch",
                       "Fresh memory, each page written once: a page fault for each, in which the "
                       "kernel finds a page and clears it.",
                       first_touch, add_sizes),
        without_malloc("pages/second_touch",
                       "The same pages written again: no page fault, only the cache misses.",
                       second_touch, add_sizes),
        without_malloc("pages/first_read",
                       "Fresh memory read, not written: a page fault for each page, too, but all "
                       "get the one page of zeros, so there is nothing to find or to clear.",
                       first_read, add_sizes),
        without_malloc("pages/populate",
                       "MADV_POPULATE_WRITE brings all pages by one call; then each is written: "
                       "the way into the kernel and back is saved, finding and clearing is not.",
                       populate, add_sizes),
        without_malloc("pages/stride",
                       "Reads at steps: up to 64 bytes, they share cache lines; the longer the "
                       "step, the more pages the TLB must know; and at whole pages they also crowd "
                       "into few sets of the caches, which 64 bytes more avoid.",
                       stride, add_strides),
        without_malloc("pages/touch_small",
                       "Small pages for comparison with touch_huge (MADV_NOHUGEPAGE).",
                       touch_huge_or_small<MADV_NOHUGEPAGE>, add_large_size),
        without_malloc("pages/touch_huge",
                       "Fresh memory in huge pages of 2 MiB (MADV_HUGEPAGE): one page fault in "
                       "place of 512, and all that is left is the clearing.",
                       touch_huge_or_small<MADV_HUGEPAGE>, add_large_size),
        without_malloc("pages/random_small",
                       "Random reads, one after the other, in memory of small pages: nearly each "
                       "misses the TLB, and the page tables are read first.",
                       read_huge_or_small<MADV_NOHUGEPAGE>, add_random_sizes),
        without_malloc("pages/random_huge", "The same in huge pages, all of which the TLB knows.",
                       read_huge_or_small<MADV_HUGEPAGE>, add_random_sizes),
    };
}

} // namespace bench
