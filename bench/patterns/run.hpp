// Checks patterns and times them: the main function of a program of patterns.
#pragma once

#include "measured.hpp"

#include <string>
#include <vector>

namespace bench {

struct check_result
{
    std::vector<std::string> selected; // names of the patterns that the filter selects
    std::vector<std::string> refusals; // `benchmark: why`
};

// Runs one iteration of each selected benchmark, in a child process: whatever it does to the heap,
// its caches and malloc's thresholds, what is timed starts afresh.
//
// benchmark::Initialize comes first. Throws heaplings::no_active_hook without malloc_hooks.hpp.
[[nodiscard]] check_result check(const std::vector<pattern>& patterns);

// The main function of a program of patterns: checks them, and times them if all hold, with their
// allocations and bytes counted, and the sentences in the context of the report. With --check_only
// it times nothing.
//
// First brings malloc to the state of a program that has run for a while, so that the order of the
// benchmarks makes little difference: its thresholds are raised, and a thread has been started, as
// from then on malloc locks its arenas, for good. With --single_threaded none is started.
int check_and_run(const std::vector<pattern>& patterns, int argc, char** argv);

// The same without counting and checking, for another allocator or bare figures.
int run(const std::vector<pattern>& patterns, int argc, char** argv);

} // namespace bench
