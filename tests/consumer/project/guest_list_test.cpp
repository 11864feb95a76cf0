#include "guest_list.hpp"
#include "look_around.hpp"

#include <heaplings/heap_probe.hpp>
#include <heaplings/leak_counter.hpp>
#include <heaplings/leak_counter/hooks.hpp>
#include <heaplings/oom_adjuster.hpp>
#include <heaplings/proc_reader.hpp>

#include <iostream>

int main()
{
    if (!look_around()) return 1;

    const heaplings::leak_scope scope;
    {
        guest_list guests;
        guests.add("a name too long to lie in the string itself");
        guests.add("Ada");
    }
    const auto counts = scope.counts();
    std::cout << counts << '\n' << scope.report() << '\n';
    return counts.allocations > 0 && scope.report() == heaplings::no_leaks ? 0 : 1;
}
