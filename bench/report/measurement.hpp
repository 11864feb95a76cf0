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

// Nanoseconds of one item if the benchmark counted items, else of one iteration; nothing if it was
// skipped.
[[nodiscard]] std::optional<double> time_per_item(const measurement& m);

// The measurements in the order of their first repetition. Repetitions may lie between each other's
// (random interleaving); aggregates are passed over, for the medians are made here.
// Throws std::runtime_error that names the file, the place in it and what was expected there.
[[nodiscard]] std::vector<measurement> parse_measurements(std::string_view text,
                                                          const std::filesystem::path& file,
                                                          std::string_view program);

} // namespace heaplings::bench
