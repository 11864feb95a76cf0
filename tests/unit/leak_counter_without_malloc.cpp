// For a program with the operator new hooks, but not those of malloc.
#include <heaplings/leak_counter.hpp>

#include <doctest/doctest.h>

#include <cstdlib>

using heaplings::hook;
using heaplings::hooks_active;
using heaplings::leak_scope;
using heaplings::no_active_hook;
using heaplings::scope_extent;

TEST_CASE("the operator new hooks do not count malloc")
{
    CHECK(hooks_active(hook::operator_new));
    CHECK_FALSE(hooks_active(hook::malloc));

    const leak_scope scope;
    void* block = std::malloc(10);
    asm volatile("" : : "g"(block) : "memory");
    std::free(block);
    const auto counts = scope.counts();
    CHECK(counts == heaplings::allocation_counts{});
}

TEST_CASE("a scope that needs malloc is refused where only operator new is counted")
{
    CHECK_THROWS_AS((leak_scope{scope_extent::this_thread, hook::malloc}), no_active_hook);
}
