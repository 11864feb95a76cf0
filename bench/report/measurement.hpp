// What Google Benchmark measured, read from the JSON that --benchmark_out writes.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::bench {

// One benchmark with all of its repetitions.
struct measurement
{
    std::string program; // bench.patterns
    std::string name;    // lifetime/fifo/mixed_small/1024/threads:2
    int threads = 1;
    std::vector<double> nanoseconds; // real time of an iteration, by repetition
    std::map<std::string, double>
        counters; // medians: items_per_second, allocs_per_iter, a benchmark's own
    std::string label;
    std::string
        skipped; // why there is no figure, in the benchmark's own words; empty if it was measured
};

// Middle of the values, of an even number the mean of the two in the middle; values is not empty.
[[nodiscard]] double median(std::vector<double> values);

// How far the middle half of the values lies apart, as a part of their median: how noisy they are.
[[nodiscard]] double relative_spread(std::vector<double> values);

// Nanoseconds that one item takes a thread, or one iteration if the benchmark counted no items;
// nothing if it was skipped. Google Benchmark's figures are those of all threads together: two that
// do not disturb each other take half its time, and the same time here.
[[nodiscard]] std::optional<double> time_per_item(const measurement& m);

// What a program wrote: its measurements in the order of the program, and what it says of itself.
struct results
{
    std::vector<measurement> all;
    std::map<std::string, std::string>
        context; // texts only: date, a benchmark's sentence under its name
};

// Repetitions may lie between each other's (random interleaving); aggregates are passed over, for
// the medians are made here. Throws std::runtime_error that names the file, the place in it and
// what was expected there.
[[nodiscard]] results parse_results(std::string_view text, const std::filesystem::path& file,
                                    std::string_view program);

} // namespace heaplings::bench
