// What an allocation pattern is made of: its name, the sentence that says what it shows, how many
// allocations one iteration makes, and the loop that is timed.
//
//     std::vector<pattern> pairs()
//     {
//         return {{
//             .name = "reuse/pair",
//             .shows = "A block freed just now is the cheapest one to get.",
//             .allocations = exactly(1),
//             .run = [](benchmark::State& state) {
//                 for (auto _ : measured(state)) {
//                     void* block = std::malloc(64);
//                     escape(block);
//                     std::free(block);
//                 }
//             },
//         }};
//     }
//
// Before anything is timed, each selected pattern runs one iteration under the leak counter, and
// the program refuses to run if the number of allocations is another one: a compiler that leaves
// out what no one looks at is found out. So what is allocated once (caches, pools that grow)
// belongs in front of the loop. A pattern of one thread must also free all that it allocates.
//
// For the report, Google Benchmark runs thread 0 of a pattern once more, alone: no pattern may wait
// for another thread of its own. One that needs a partner starts a std::thread in front of the
// loop.
#pragma once

#include <heaplings/leak_counter/not_counted.hpp>
#include <heaplings/leak_counter/scope.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// The compiler must take it that someone else now knows the block, and may read and write it. So it
// can leave out neither its allocation nor what was written to it before.
template <typename T>
inline void escape(T* block)
{
    asm volatile("" : : "r"(block) : "memory");
}

// The compiler must take it that someone reads all memory that escaped, and may have written to it.
inline void clobber()
{
    asm volatile("" : : : "memory");
}

struct allocation_range
{
    constexpr allocation_range(std::int64_t n) : at_least{n}, at_most{n} {}
    constexpr allocation_range(std::int64_t low, std::int64_t high) : at_least{low}, at_most{high}
    {
    }

    std::int64_t at_least;
    std::int64_t at_most;
};

// How many allocations one iteration makes in each thread, by the arguments of the run. A realloc
// is one, too.
using expected_allocations = std::function<allocation_range(const benchmark::State&)>;

[[nodiscard]] inline expected_allocations exactly(std::int64_t n)
{
    return [n](const benchmark::State&) { return allocation_range{n}; };
}

// Where the library decides.
[[nodiscard]] inline expected_allocations between(std::int64_t low, std::int64_t high)
{
    return [low, high](const benchmark::State&) { return allocation_range{low, high}; };
}

struct pattern
{
    std::string name; // group/what; Google Benchmark adds /argument:value and /threads:n
    std::string shows;
    expected_allocations allocations;
    std::function<void(benchmark::State&)> run;
    // Names and values of arguments, numbers of threads.
    std::function<void(benchmark::internal::Benchmark*)> configure = [](auto*) {};
};

namespace detail {

enum class pass {
    timing, // nothing is counted
    check,  // one iteration, in front of all timing
    memory, // Google Benchmark's run under its MemoryManager
};
inline pass current_pass = pass::timing;

void note_loop(const benchmark::State& state, const heaplings::leak_scope& scope);
void refuse(const std::string& why);

} // namespace detail

// The loop of a benchmark, `for (auto _ : measured(state))`: what happens in it is timed, and in a
// pass that counts, its allocations are what is counted.
class measured
{
public:
    explicit measured(benchmark::State& state) : state_{state} {}
    measured(const measured&) = delete;
    measured& operator=(const measured&) = delete;

    ~measured()
    {
        if (scope_) detail::note_loop(state_, *scope_);
    }

    [[nodiscard]] auto begin() { return state_.begin(); }

    // The other threads have come as far, too.
    [[nodiscard]] auto end()
    {
        const auto end = state_.end();
        if (detail::current_pass != detail::pass::timing) open_scope();
        return end;
    }

private:
    [[gnu::noinline]] void open_scope();

    benchmark::State& state_;
    std::optional<heaplings::leak_scope> scope_;
};

// A figure of its own in the report. What Google Benchmark allocates to note it is not the
// pattern's, so it is not counted.
inline void add_counter(benchmark::State& state, const std::string& name,
                        benchmark::Counter counter)
{
    const heaplings::not_counted own_work;
    state.counters[name] = counter;
}

// How many items each iteration processes: the report has their rate.
inline void count_items(benchmark::State& state, std::int64_t in_each_iteration)
{
    const heaplings::not_counted own_work;
    state.SetItemsProcessed(state.iterations() * in_each_iteration);
}

// Says in the report why this can't run here, and what to do about it.
inline void skip(benchmark::State& state, const std::string& why)
{
    const heaplings::not_counted own_work;
    state.SkipWithError(("skipped: " + why).c_str());
}

// What a pattern's sentence says of malloc, put to the test: if it does not hold, the program
// refuses to run. Looked at in the check only, so never with another allocator than glibc's.
template <typename Condition>
void prove(const char* what, Condition holds)
{
    if (detail::current_pass == detail::pass::check && !holds()) {
        detail::refuse(std::string{"it does not hold that "} + what);
    }
}

} // namespace bench
