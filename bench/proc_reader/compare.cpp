// What reading /proc costs beside the system calls that it can't do without, and beside how others
// read it. All ways of reading take turns with --benchmark_enable_random_interleaving=true. At the
// end, ratios of medians and allocations by call; ends with an error if ours has any. Time is that
// of the processor: nothing here waits, and so other work on the machine disturbs less.
#include "readings.hpp"
#include "subjects.hpp"

#include <heaplings/leak_counter.hpp>
#include <heaplings/leak_counter/malloc_hooks.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using bench::reading;

// By file and way.
using name = std::pair<std::string, std::string>;

// Of one call, not the first, which may set things up.
[[nodiscard]] std::int64_t allocations(const reading& r)
{
    r.read();
    const heaplings::allocation_counter counter{heaplings::scope_extent::this_thread,
                                                heaplings::hook::malloc};
    r.read();
    return counter.allocations();
}

// Remembers the medians, to print the ratios.
class ratios : public benchmark::ConsoleReporter
{
public:
    ratios(std::vector<std::string> files, std::map<name, std::int64_t> allocations)
        : files_{std::move(files)}, allocations_{std::move(allocations)}
    {
    }

    void ReportRuns(const std::vector<Run>& reports) override
    {
        ConsoleReporter::ReportRuns(reports);
        for (const Run& run : reports) {
            const bool is_median =
                run.run_type == Run::RT_Aggregate && run.aggregate_name == "median";
            if (run.error_occurred || (!is_median && run.repetitions != 1)) continue;
            const std::string& full = run.run_name.function_name;
            const auto slash = full.find('/');
            const name n{full.substr(0, slash), full.substr(slash + 1)};
            medians_[n] = run.GetAdjustedCPUTime();
        }
    }

    void Finalize() override
    {
        std::printf("\nratio to raw (kept: to raw_kept), and allocations by call\n");
        std::printf("%-18s%12s%16s%16s%16s%16s\n", "", "raw", "ours", "kept", "ifstream",
                    "libproc2");
        for (const std::string& file : files_) {
            const double raw = medians_[{file, "raw"}];
            if (raw == 0) continue;
            std::printf("%-18s%9.0f ns", file.c_str(), raw);
            print({file, "ours"}, raw);
            print({file, "kept"}, medians_[{file, "raw_kept"}]);
            print({file, "ifstream"}, raw);
            print({file, "libproc2"}, raw);
            std::printf("\n");
        }
    }

private:
    void print(const name& n, double base)
    {
        const double time = medians_[n];
        if (time == 0 || base == 0) {
            std::printf("%16s", "");
        } else {
            std::printf("%8.2f%8lld", time / base, static_cast<long long>(allocations_[n]));
        }
    }

    std::vector<std::string> files_;
    std::map<name, std::int64_t> allocations_;
    std::map<name, double> medians_;
};

[[nodiscard]] std::vector<reading> all_readings(const bench::subjects& s)
{
    std::vector<reading> all = bench::raw(s);
    for (auto& more : {bench::ours(s), bench::ifstream(s), bench::libproc2()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

void run(benchmark::State& state, const reading& r)
{
    for (auto _ : state) r.read();
}

} // namespace

int main(int argc, char** argv)
try {
    const bench::child_with_many_mappings child;
    const std::vector<bench::sleeping_child> others(200);
    const std::vector<reading> readings = all_readings(child.look());

    std::vector<std::string> files;
    std::map<name, std::int64_t> counts;
    bool none = true;
    for (const reading& r : readings) {
        if (r.way == "raw") files.push_back(r.file);
        counts[{r.file, r.way}] = allocations(r);
        if ((r.way == "ours" || r.way == "kept") && counts[{r.file, r.way}] != 0) {
            std::fprintf(stderr, "%s allocates\n", r.file.c_str());
            none = false;
        }
        benchmark::RegisterBenchmark((r.file + "/" + r.way).c_str(),
                                     [&r](benchmark::State& s) { run(s, r); });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
    ratios reporter{files, counts};
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
    return none ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return EXIT_FAILURE;
}
