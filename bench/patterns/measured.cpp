#include "measured.hpp"

#include <heaplings/leak_counter/backend.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace bench {

namespace {

using heaplings::allocation_counts;
using heaplings::call_stacks;
using heaplings::hook;
using heaplings::leak_scope;
using heaplings::scope_extent;

// As in benchmark::MemoryManager::Result, which needs a symbol that version 1.7.1 does not export.
struct memory_use
{
    std::int64_t allocations = 0;    // in the loop
    heaplings::bytes allocated;      // in the loop
    heaplings::bytes peak;           // of the pattern with what is in front of its loop
    heaplings::bytes left_allocated; // at the end of the pattern
};

// What the passes that count find out about the benchmark that is running.
struct findings
{
    std::mutex mutex; // its threads come together here
    std::string refusal;
    bool has_loop = false;
    memory_use memory;
};
findings found;

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
    const leak_scope whole{extent_of(state), hook::malloc, call_stacks::none};
    which.run(state);
    const allocation_counts counts = whole.counts();
    if (state.error_occurred()) return;

    if (state.threads() == 1 && counts.live_blocks != 0) {
        detail::refuse("blocks left at its end: " + std::to_string(counts.live_blocks));
    }
    const std::lock_guard lock{found.mutex};
    found.memory.peak = whole.peak().at_most;
    found.memory.left_allocated = counts.live_bytes;
}

void register_patterns(const std::vector<pattern>& patterns)
{
    for (const pattern& which : patterns) {
        which.configure(benchmark::RegisterBenchmark(
            which.name.c_str(), [&which](benchmark::State& state) { run_pattern(which, state); }));
    }
}

// Tells Google Benchmark of what happens in a pattern, without the library's own allocations.
class memory_manager : public benchmark::MemoryManager
{
public:
    void Start() override
    {
        found.memory = memory_use{};
        detail::current_pass = detail::pass::memory;
    }

    void Stop(Result& result) override
    {
        detail::current_pass = detail::pass::timing;
        result.num_allocs = found.memory.allocations;
        result.max_bytes_used = found.memory.peak.count();
        result.total_allocated_bytes = found.memory.allocated.count();
        result.net_heap_growth = found.memory.left_allocated.count();
    }
    void Stop(Result* result) override { Stop(*result); }
};

// Writes what a check finds to a pipe, a line for each thing: `selected NAME`, `refused WHY`.
class check_reporter : public benchmark::BenchmarkReporter
{
public:
    explicit check_reporter(std::FILE* pipe) : pipe_{pipe}
    {
        SetOutputStream(&nowhere_);
        SetErrorStream(&nowhere_);
    }

    bool ReportContext(const Context&) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const Run& run : runs) {
            std::fprintf(pipe_, "selected %s\n", run.run_name.function_name.c_str());
            const std::string refusal = std::exchange(found.refusal, {});
            const bool has_loop = std::exchange(found.has_loop, false);
            const char* why = !refusal.empty() ? refusal.c_str()
                              : !has_loop && !run.error_occurred
                                  ? "its loop is not `for (auto _ : measured(state))`"
                                  : nullptr;
            if (why != nullptr) {
                std::fprintf(pipe_, "refused %s: %s\n", run.benchmark_name().c_str(), why);
            }
        }
    }

private:
    std::ostream nowhere_{nullptr};
    std::FILE* pipe_;
};

[[noreturn]] void check_in_child(const std::vector<pattern>& patterns, std::FILE* pipe)
{
    std::array flags{"check",
                     "--benchmark_min_time=0",
                     "--benchmark_min_warmup_time=0",
                     "--benchmark_repetitions=1",
                     "--benchmark_enable_random_interleaving=false",
                     "--benchmark_out=",
                     "--benchmark_list_tests=false"};
    int count = static_cast<int>(flags.size());
    benchmark::Initialize(&count, const_cast<char**>(flags.data())); // which it does not write to
    register_patterns(patterns);
    detail::current_pass = detail::pass::check;
    check_reporter reporter{pipe};
    benchmark::RunSpecifiedBenchmarks(&reporter);
    std::fprintf(pipe, "done\n");
    std::fflush(pipe);
    _exit(0);
}

check_result read_result(std::FILE* pipe)
{
    check_result result;
    bool is_done = false;
    std::string line;
    for (int c = std::getc(pipe); c != EOF; c = std::getc(pipe)) {
        if (c != '\n') {
            line += static_cast<char>(c);
            continue;
        }
        const std::string_view text = line;
        const std::string rest{text.substr(std::min(text.find(' '), text.size() - 1) + 1)};
        if (text.starts_with("selected ")) result.selected.push_back(rest);
        if (text.starts_with("refused ")) result.refusals.push_back(rest);
        is_done = is_done || text == "done";
        line.clear();
    }
    if (!is_done) result.refusals.emplace_back("the check ended before it was through");
    return result;
}

// Whether the flag is among the arguments; takes it out.
bool take_flag(std::string_view flag, int& argc, char** argv)
{
    char** const end = std::remove(argv + 1, argv + argc, flag);
    const bool is_there = end != argv + argc;
    argc = static_cast<int>(end - argv);
    return is_there;
}

// Exits with a message if there are arguments that no one knows.
void initialize(int argc, char** argv)
{
    const bool without_thread = take_flag("--single_threaded", argc, argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) std::exit(EXIT_FAILURE);
    if (!without_thread) std::thread{[] {}}.join();
}

void run_initialized(const std::vector<pattern>& patterns)
{
    register_patterns(patterns);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
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

} // namespace detail

void measured::open_scope()
{
    scope_.emplace(extent_of(state_), hook::malloc, call_stacks::none);
}

check_result check(const std::vector<pattern>& patterns)
{
    if (!heaplings::hooks_active(hook::malloc)) throw heaplings::no_active_hook{hook::malloc};
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
    std::cout.flush();
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == -1) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child == 0) check_in_child(patterns, fdopen(ends[1], "w"));

    close(ends[1]);
    std::FILE* from_child = fdopen(ends[0], "r");
    check_result result = read_result(from_child);
    std::fclose(from_child);
    waitpid(child, nullptr, 0);
    return result;
}

int check_and_run(const std::vector<pattern>& patterns, int argc, char** argv)
{
    const bool check_only = take_flag("--check_only", argc, argv);
    initialize(argc, argv);
    const check_result checked = check(patterns);
    for (const std::string& why : checked.refusals) std::cerr << why << '\n';
    if (!checked.refusals.empty()) return EXIT_FAILURE;
    if (check_only) return EXIT_SUCCESS;

    for (const pattern& which : patterns) {
        if (std::ranges::find(checked.selected, which.name) != checked.selected.end()) {
            benchmark::AddCustomContext(which.name, which.shows);
        }
    }
    memory_manager manager;
    benchmark::RegisterMemoryManager(&manager);
    run_initialized(patterns);
    benchmark::RegisterMemoryManager(nullptr);
    return EXIT_SUCCESS;
}

int run(const std::vector<pattern>& patterns, int argc, char** argv)
{
    initialize(argc, argv);
    run_initialized(patterns);
    return EXIT_SUCCESS;
}

} // namespace bench
