// The same benchmarks on several allocators, each preloaded in the place of glibc's malloc.
#pragma once

#include "program_run.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::bench {

struct allocator
{
    std::string name;
    std::string library;   // what the dynamic loader is asked for; empty for glibc's own
    std::string file_name; // how the name of the file begins that malloc comes from
    std::string packages;  // what brings it
};

// glibc first, to which the others are compared.
[[nodiscard]] const std::vector<allocator>& known_allocators();

// What preload_witness.cpp told of a process.
struct witnessed
{
    std::string malloc_from, free_from; // paths of libraries
    std::int64_t peak_resident = 0;     // in bytes
};

// Throws std::runtime_error that names what is missing in the text.
[[nodiscard]] witnessed parse_witness(std::string_view text);

// Why a process did not run on the allocator; empty if its malloc and free are the allocator's.
[[nodiscard]] std::string refusal(const allocator& a, const witnessed& w);

// What one allocator did with one benchmark, by round.
struct allocator_runs
{
    std::string failure; // why there are no values: a process crashed, or skipped the benchmark
    std::vector<double> nanoseconds;   // of one item
    std::vector<double> peak_resident; // in bytes, of a process that runs this benchmark alone
};

struct compared_allocator
{
    allocator which;
    std::string malloc_from;          // the file that it was seen in
    std::string left_out;             // why there are no runs; empty if there are
    double idle_resident = 0;         // bytes of a process that runs no benchmark
    std::vector<allocator_runs> runs; // by benchmark
};

struct comparison
{
    std::string command; // of one run
    int rounds = 0;
    std::vector<std::string> benchmarks;
    std::vector<compared_allocator> allocators; // glibc first
};

struct comparison_settings
{
    std::filesystem::path program; // of Google Benchmark; what it allocates must be malloc's own
    std::vector<std::string> benchmarks; // full names
    int rounds = 9;
    std::string min_time = "0.01"; // --benchmark_min_time of a run
    std::filesystem::path witness; // the library made of preload_witness.cpp
    std::filesystem::path work;    // for logs and results
};

// The names of a program's benchmarks that match the regular expression. Throws std::runtime_error
// with what the program said if it does not list them.
[[nodiscard]] std::vector<std::string> list_benchmarks(const std::filesystem::path& program,
                                                       const std::string& filter,
                                                       const std::filesystem::path& work);

// Runs each benchmark in a process of its own, on each allocator in turn, `rounds` times; each
// round begins with another allocator. An allocator that is not installed, or whose malloc some
// process did not use, is left out with the reason; a benchmark that fails on one
// allocator has no figures there. Throws std::runtime_error if glibc itself can't
// be measured.
[[nodiscard]] comparison compare_allocators(const comparison_settings& settings);

// The median of the rounds' ratios to glibc: a round's runs lie next to each other in time.
// Nothing if there are no values.
[[nodiscard]] std::optional<double> median_ratio(const std::vector<double>& values,
                                                 const std::vector<double>& of_glibc);

} // namespace heaplings::bench
