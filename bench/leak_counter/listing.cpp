// How long a scope takes to list 100,000 leaks, without looking up source lines: what a failing
// test costs before it prints.
#include <heaplings/leak_counter.hpp>
#include <heaplings/leak_counter/hooks.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

namespace {

void list_leaks(benchmark::State& state)
{
    std::vector<char*> blocks(static_cast<std::size_t>(state.range(0)));
    const heaplings::leak_scope scope{heaplings::scope_extent::process};
    for (char*& block : blocks) {
        block = new char[16 + static_cast<std::size_t>(&block - blocks.data()) % 497];
        benchmark::DoNotOptimize(block);
    }
    for (auto _ : state) {
        const heaplings::leak_report report = scope.report();
        if (report.leaked_blocks() != state.range(0)) state.SkipWithError("not all were found");
    }
    for (char* block : blocks) delete[] block;
}

BENCHMARK(list_leaks)->ArgName("leaks")->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

} // namespace
