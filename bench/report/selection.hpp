// Runs the selection of the benchmarks that makes a report: about three minutes.
#pragma once

#include "record.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace heaplings::bench {

struct selected_program
{
    std::string name; // of its results: its own, or another if it runs more than once
    std::string shows;
    std::vector<std::string> arguments{};
    bool only_counts = false; // see program_record
    std::string program{};    // its own name, if it is another
    environment variables{};
};

// What allocators are compared by: a benchmark of bench.patterns.plain, and what the page calls it.
struct compared_benchmark
{
    std::string name;
    std::string words;
};
[[nodiscard]] const std::vector<compared_benchmark>& compared_benchmarks();

// In the order in which they run.
[[nodiscard]] const std::vector<selected_program>& selection();

struct selection_settings
{
    std::map<std::string, std::filesystem::path> programs; // by name; those that were built
    std::filesystem::path witness; // empty if allocators are not to be compared
    std::filesystem::path folder;  // of the report: data/ in it is made anew
    int rounds = 9;                // of the comparison
};

// Runs the programs one after another, then the comparison of allocators, and writes all into the
// folder's data/. What fails or was not built is in the record with the reason. Says on standard
// output what it is at. Throws std::system_error if the folder can't be written.
run_record run_selection(const selection_settings& settings);

} // namespace heaplings::bench
