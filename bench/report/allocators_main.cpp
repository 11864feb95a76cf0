// Compares allocators by any program of Google Benchmark that uses malloc as it finds it: time, and
// peak resident set size of a process that runs one benchmark, as ratios to glibc's.
//   bench.allocators PROGRAM [--filter REGEX] [--rounds 9] [--min-time 0.01]
#include "allocators.hpp"
#include "chart.hpp"
#include "measurement.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <system_error>

namespace {

using namespace heaplings::bench;

// A folder for logs, gone in the end.
struct work_folder
{
    work_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "heaplings-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error{errno, std::generic_category(), "cannot make " + name};
        path = name;
    }
    ~work_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    work_folder(const work_folder&) = delete;
    work_folder& operator=(const work_folder&) = delete;
    std::filesystem::path path;
};

using runs_member = std::vector<double> allocator_runs::*;

void print_table(const comparison& c, const char* title, runs_member member, unit in)
{
    fmt::print("\n{:<56} {:>10}", title, "glibc");
    for (std::size_t a = 1; a < c.allocators.size(); ++a)
        fmt::print(" {:>9}", c.allocators[a].which.name);
    for (std::size_t b = 0; b < c.benchmarks.size(); ++b) {
        const auto& glibc = c.allocators[0].runs[b].*member;
        fmt::print("\n{:<56} {:>10}", c.benchmarks[b],
                   glibc.empty() ? "-" : shown(median(glibc), in));
        for (std::size_t a = 1; a < c.allocators.size(); ++a) {
            const compared_allocator& other = c.allocators[a];
            const auto ratio =
                other.left_out.empty() ? median_ratio(other.runs[b].*member, glibc) : std::nullopt;
            fmt::print(" {:>9}", ratio ? shown(*ratio, unit::ratio) : "-");
        }
    }
    fmt::print("\n");
}

void print(const comparison& c)
{
    for (const compared_allocator& a : c.allocators)
        fmt::print("{:<9} {}\n", a.which.name, a.left_out.empty() ? a.malloc_from : a.left_out);
    for (const compared_allocator& a : c.allocators) {
        for (std::size_t b = 0; b < a.runs.size(); ++b) {
            if (!a.runs[b].failure.empty())
                fmt::print("on {}, {} {}\n", a.which.name, c.benchmarks[b], a.runs[b].failure);
        }
    }
    print_table(c, "time of an item, ratio to glibc", &allocator_runs::nanoseconds,
                unit::nanoseconds);
    print_table(c, "peak resident set size, ratio to glibc", &allocator_runs::peak_resident,
                unit::bytes);
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Compares allocators by a program of Google Benchmark, preloading each."};
    comparison_settings settings;
    std::string program, filter = ".";
    app.add_option("program", program, "of Google Benchmark")->required()->check(CLI::ExistingFile);
    app.add_option("--filter", filter, "regular expression of benchmarks' names");
    app.add_option("--rounds", settings.rounds, "how often each is run")
        ->check(CLI::Range(1, 1000));
    app.add_option("--min-time", settings.min_time, "seconds that a run takes at least");
    CLI11_PARSE(app, argc, argv);
    try {
        const work_folder work;
        settings.work = work.path;
        settings.program = std::filesystem::absolute(program);
        settings.witness = HEAPLINGS_BENCH_WITNESS;
        settings.benchmarks = list_benchmarks(settings.program, filter, settings.work);
        print(compare_allocators(settings));
        return EXIT_SUCCESS;
    } catch (const std::exception& e) {
        fmt::print(stderr, "bench.allocators: {}\n", e.what());
        return EXIT_FAILURE;
    }
}
