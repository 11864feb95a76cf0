// Does a piece of work once, with what is to be timed open around it, and prints its time.
//     bench.leak_counter.WORKER COUNTING FUNCTIONS PATTERN THREADS PAIRS
// WORKER has no hooks (plain), those of operator new (new), or of malloc too (malloc).
#include "work.hpp"

#ifdef BENCH_HOOKS
#include <heaplings/leak_counter.hpp>
#if BENCH_HOOKS == 2
#include <heaplings/leak_counter/malloc_hooks.hpp>
#else
#include <heaplings/leak_counter/hooks.hpp>
#endif
#endif

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

#ifdef BENCH_HOOKS
struct counting
{
    explicit counting(std::string_view what)
    {
        using heaplings::call_stacks;
        constexpr auto all = heaplings::scope_extent::process;
        constexpr auto needed = heaplings::hook::operator_new;
        if (what == "counting") {
            counter.emplace(all);
        } else if (what == "tracking") {
            scope.emplace(all, needed, call_stacks::caller_only);
        } else if (what == "call_stacks") {
            scope.emplace(all, needed, call_stacks::captured);
        } else if (what != "no_scope") {
            throw std::invalid_argument{"nothing is called " + std::string{what}};
        }
    }
    std::optional<heaplings::allocation_counter> counter;
    std::optional<heaplings::leak_scope> scope;
};
#else
struct counting
{
    explicit counting(std::string_view what)
    {
        if (what != "plain") throw std::invalid_argument{"plain is expected"};
    }
};
#endif

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 6) throw std::invalid_argument{"five arguments are expected"};
    const counting open{argv[1]};
    std::printf("%.4f\n",
                bench::time_of({argv[2], argv[3], std::stoi(argv[4]), std::stol(argv[5])}));
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return EXIT_FAILURE;
}
