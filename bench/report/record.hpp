// All that one run of the selection brought, as it lies in the report's folder for the page to be
// drawn from.
#pragma once

#include "allocators.hpp"
#include "machine.hpp"
#include "measurement.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heaplings::bench {

struct program_record
{
    std::string name;    // bench.patterns
    std::string shows;   // what its figures are about
    std::string command; // as typed into a shell
    std::string failure; // why there are no figures, or not all; empty if it ended well
    double seconds = 0;
    bool only_counts = false; // for the benchmarks of the same names that other programs time
};

struct run_record
{
    std::string started; // local time with its offset from UTC
    double seconds = 0;  // the whole selection
    std::vector<fact> machine;
    std::optional<noise> disturbance; // nothing if it could not be told
    std::vector<program_record> programs;
    std::optional<comparison> allocators;
    std::string allocators_failure; // why there is no comparison
};

// What the page is made of.
struct report
{
    run_record run;
    std::vector<results> of_programs; // in the order of run.programs; empty where there are none
};

// Where a program's results are: <folder>/data/<program>.json
[[nodiscard]] std::filesystem::path results_file(const std::filesystem::path& folder,
                                                 const std::string& program);

void write_run_record(const run_record& run, const std::filesystem::path& folder);

// Reads the record, and the results of its programs. One whose results can't be read has a failure
// that
// says so. Throws std::runtime_error that names the record's file if that can't be read.
[[nodiscard]] report read_report(const std::filesystem::path& folder);

// The measurements and comparisons, one a line with a head, and as one JSON object.
[[nodiscard]] std::string csv_of(const report& r);
[[nodiscard]] std::string json_of(const report& r);

} // namespace heaplings::bench
