// What counting costs: work with the hooks in it, beside the same work with plain new and delete or
// malloc and free. Each repetition is a process of its own, and with
// --benchmark_enable_random_interleaving=true they take turns. At the end, the ratios of medians.
#include "../median_reporter.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct way
{
    std::string_view name;
    std::string_view worker; // for new; for malloc, another
};
constexpr way ways[] = {{"plain", "plain"},
                        {"no_scope", "new"},
                        {"counting", "new"},
                        {"tracking", "new"},
                        {"call_stacks", "new"}};

struct work
{
    std::string_view functions;
    std::string_view pattern;
    int threads; // of each process
    long pairs;  // of each process
    int processes = 1;
};
// Two threads beside two processes show whether threads write to common cache lines: processes have
// none in common.
constexpr work works[] = {{"new", "lifo", 1, 3'000'000},    {"new", "lifo", 2, 12'000'000},
                          {"new", "lifo", 1, 6'000'000, 2}, {"new", "lifo", 4, 12'000'000},
                          {"new", "lifo", 8, 12'000'000},   {"new", "live", 1, 800'000},
                          {"malloc", "lifo", 1, 3'000'000}, {"malloc", "lifo", 2, 12'000'000},
                          {"malloc", "live", 1, 800'000}};

[[nodiscard]] std::string command(const way& w, const work& what)
{
    const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const std::string_view worker =
        w.worker == "new" && what.functions == "malloc" ? "malloc" : w.worker;
    std::string text = "'";
    text.append((folder / "bench.leak_counter.").string());
    text.append(worker).append("' ").append(w.name).append(" ").append(what.functions);
    text.append(" ").append(what.pattern).append(" ").append(std::to_string(what.threads));
    return text.append(" ").append(std::to_string(what.pairs));
}

// What a process prints: a number. Negative if it fails.
[[nodiscard]] double number_from(std::FILE* output)
{
    double value = -1;
    return output != nullptr && std::fscanf(output, "%lf", &value) == 1 ? value : -1;
}

// For a pair of all processes, which run at the same time. Negative if one fails.
[[nodiscard]] double nanoseconds_of(const std::string& run, int processes)
{
    std::vector<std::unique_ptr<std::FILE, int (*)(std::FILE*)>> outputs;
    for (int i = 0; i < processes; ++i) outputs.emplace_back(popen(run.c_str(), "r"), pclose);
    double sum = 0;
    for (const auto& output : outputs) {
        const double value = number_from(output.get());
        if (value < 0) return -1;
        sum += value;
    }
    return sum / (processes * processes);
}

void compare(benchmark::State& state, const way& w, const work& what)
{
    const long pairs = what.pairs * what.processes;
    for (auto _ : state) {
        const double time = nanoseconds_of(command(w, what), what.processes);
        if (time < 0) {
            state.SkipWithError("the worker failed");
            break;
        }
        state.SetIterationTime(time * static_cast<double>(pairs) * 1e-9);
    }
    state.SetItemsProcessed(state.iterations() * pairs);
}

[[nodiscard]] std::string row_of(const work& what)
{
    const std::string row = std::string{what.functions} + "_" + std::string{what.pattern};
    return what.processes == 1 ? row : row + "_processes";
}

[[nodiscard]] std::string name_of(const way& w, const work& what)
{
    return row_of(what) + "/" + std::string{w.name} +
           "/threads:" + std::to_string(what.threads * what.processes);
}

void print_row(const work& what, const bench::median_reporter& measured)
{
    const double plain = measured.median_of(name_of(ways[0], what));
    if (plain == 0) return;
    std::printf("%-19s %d threads", row_of(what).c_str(), what.threads * what.processes);
    for (const way& w : ways) {
        if (w.name != "plain") std::printf("%12.2f", measured.median_of(name_of(w, what)) / plain);
    }
    std::printf("\n");
}

void print_ratios(const bench::median_reporter& measured)
{
    if (measured.is_empty()) return; // there was no repetition
    std::printf("\n%-29s", "ratio to plain");
    for (const way& w : ways) {
        if (w.name == "plain") continue;
        std::printf("%12.*s", static_cast<int>(w.name.size()), w.name.data());
    }
    std::printf("\n");
    for (const work& what : works) print_row(what, measured);
}

} // namespace

int main(int argc, char** argv)
{
    for (const work& what : works) {
        for (const way& w : ways) {
            benchmark::RegisterBenchmark(name_of(w, what).c_str(),
                                         [&w, &what](benchmark::State& s) { compare(s, w, what); })
                ->Iterations(1)
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond);
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
    bench::median_reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    print_ratios(reporter);
    benchmark::Shutdown();
}
