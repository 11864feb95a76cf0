#include "measured.hpp"

#include "findings.hpp"

#include <mutex>
#include <string>

namespace bench {

namespace {

using detail::found;
using heaplings::allocation_counts;
using heaplings::hook;
using heaplings::leak_scope;
using heaplings::scope_extent;

// Of the pattern that this thread runs.
thread_local const pattern* current_pattern = nullptr;

// A benchmark of one thread may have helpers, whose allocations are its own.
scope_extent extent_of(const benchmark::State& state)
{
    return state.threads() == 1 ? scope_extent::process : scope_extent::this_thread;
}

std::string to_text(const allocation_range& range)
{
    if (range.at_least == range.at_most) return std::to_string(range.at_least);
    return std::to_string(range.at_least) + " to " + std::to_string(range.at_most);
}

void check_allocations(const benchmark::State& state, std::int64_t counted)
{
    const std::int64_t n = state.iterations();
    const allocation_range in_one = current_pattern->allocations(state);
    const allocation_range expected{in_one.at_least * n, in_one.at_most * n};
    if (expected.at_least <= counted && counted <= expected.at_most) return;
    detail::refuse("allocations in " + std::to_string(n) + (n == 1 ? " iteration" : " iterations") +
                   ": expected " + to_text(expected) + ", counted " + std::to_string(counted));
}

// One run of a pattern, as Google Benchmark asks for it.
void run_pattern(const pattern& which, benchmark::State& state)
{
    if (detail::current_pass == detail::pass::timing) return which.run(state);

    current_pattern = &which;
    const leak_scope whole{extent_of(state), hook::malloc};
    which.run(state);
    const allocation_counts counts = whole.counts();
    if (!state.error_occurred() && state.threads() == 1 && counts.live_blocks != 0) {
        detail::refuse("blocks left at its end: " + std::to_string(counts.live_blocks));
    }
    const std::lock_guard lock{found.mutex};
    found.has_error = found.has_error || state.error_occurred();
    found.memory.peak = whole.peak().at_most;
    found.memory.left_allocated = counts.live_bytes;
}

} // namespace

namespace detail {

void note_loop(const benchmark::State& state, const leak_scope& scope)
{
    const allocation_counts counts = scope.counts();
    if (state.error_occurred()) return;
    if (current_pass == pass::check) check_allocations(state, counts.allocations);

    const std::lock_guard lock{found.mutex};
    found.has_loop = true;
    found.memory.allocations = counts.allocations;
    found.memory.allocated = counts.allocated;
}

void refuse(const std::string& why)
{
    const std::lock_guard lock{found.mutex};
    if (found.refusal.empty()) found.refusal = why;
}

void register_patterns(const std::vector<pattern>& patterns)
{
    for (const pattern& which : patterns) {
        which.configure(benchmark::RegisterBenchmark(
            which.name.c_str(), [&which](benchmark::State& state) { run_pattern(which, state); }));
    }
}

} // namespace detail

void measured::open_scope()
{
    scope_.emplace(extent_of(state_), hook::malloc);
}

} // namespace bench
