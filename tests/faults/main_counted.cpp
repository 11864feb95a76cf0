// Runs one program in a scope of the leak counter and ends with what it reports.
//     faults.counter.FORM NAME [each-allocation-failing]
// Exit status: 64, and 1 more for a leak, 2 more for a bad free.
#include "registry.hpp"

#include <heaplings/leak_counter.hpp>
#include <heaplings/leak_counter/malloc_hooks.hpp>
#include <heaplings/leak_counter/record_from_start.hpp>

#include <iostream>
#include <string_view>

namespace {

constexpr int finished = 64;
constexpr int leaked = 1;
constexpr int freed_badly = 2;

int run_counted(void (*program)())
{
    const heaplings::leak_scope scope{heaplings::scope_extent::process, heaplings::hook::malloc};
    program();
    const heaplings::leak_report report = scope.report();
    if (!report.empty()) std::cerr << report;
    return finished + (report.leaked_blocks() != 0 ? leaked : 0) +
           (!report.bad_frees().empty() ? freed_badly : 0);
}

int run_failing(void (*program)())
try {
    heaplings::fail_each_allocation(program, heaplings::hook::malloc);
    return finished;
} catch (const heaplings::leak_after_failure& error) {
    std::cerr << error.what() << '\n';
    return finished + leaked;
}

} // namespace

int main(int argc, char** argv)
{
    void (*const program)() = faults::program_named(argc > 1 ? argv[1] : "");
    const bool failing = argc > 2 && std::string_view{argv[2]} == "each-allocation-failing";
    return failing ? run_failing(program) : run_counted(program);
}
