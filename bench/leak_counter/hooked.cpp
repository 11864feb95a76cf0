#include "work.hpp"
#include <heaplings/leak_counter.hpp>
#include <heaplings/leak_counter/allocation_counter.hpp>
#ifdef MALLOC_HOOKS
#include <heaplings/leak_counter/malloc_hooks.hpp>
#else
#include <heaplings/leak_counter/hooks.hpp>
#endif
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
using namespace heaplings;
int main(int, char** argv) {
    std::string_view mode = argv[1];
    std::optional<leak_scope> scope; std::optional<allocation_counter> counter;
    if (mode == "counting") counter.emplace(scope_extent::process);
    if (mode == "tracking") scope.emplace(scope_extent::process, hook::operator_new, call_stacks::caller_only);
    if (mode == "stacks") scope.emplace(scope_extent::process, hook::operator_new, call_stacks::captured);
    std::printf("%.3f\n", bench::time_of({argv[2], std::atoi(argv[3]), std::atol(argv[4])})); }
