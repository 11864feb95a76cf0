#include "run.hpp"

#include "findings.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <thread>

namespace bench {

namespace {

using detail::found;

// Tells Google Benchmark of what happens in a pattern, without the library's own allocations. Not
// marked `override`: only up to version 1.7 there is a Stop that takes a pointer.
class memory_manager : public benchmark::MemoryManager
{
public:
    void Start()
    {
        found.memory = detail::memory_use{};
        detail::current_pass = detail::pass::memory;
    }

    void Stop(Result& result)
    {
        detail::current_pass = detail::pass::timing;
        result.num_allocs = found.memory.allocations;
        result.max_bytes_used = found.memory.peak.count();
        result.total_allocated_bytes = found.memory.allocated.count();
        result.net_heap_growth = found.memory.left_allocated.count();
    }
    void Stop(Result* result) { Stop(*result); }
};

// Whether the flag is among the arguments; takes it out.
bool take_flag(std::string_view flag, int& argc, char** argv)
{
    char** const end = std::remove(argv + 1, argv + argc, flag);
    const bool is_there = end != argv + argc;
    argc = static_cast<int>(end - argv);
    return is_there;
}

// Brings glibc's thresholds to where they end up in a program that runs for long: that of mmap
// rises from 128 KiB to the size of each mapped block that is freed, up to 32 MiB, and that of
// trimming the heap to twice as much (mallopt(3)).
void raise_thresholds()
{
    constexpr std::size_t highest = std::size_t{32} << 20;
    void* block = std::malloc(highest - 8192); // 32 MiB with what malloc adds would be too much
    escape(block);
    std::free(block);
}

// Exits with a message if there are arguments that no one knows.
void initialize(int argc, char** argv)
{
    const bool without_thread = take_flag("--single_threaded", argc, argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) std::exit(EXIT_FAILURE);
    if (!without_thread) std::thread{[] {}}.join();
    raise_thresholds();
}

void run_initialized(const std::vector<pattern>& patterns)
{
    detail::register_patterns(patterns);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}

} // namespace

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
