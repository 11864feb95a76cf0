// For a program with hooks that never run, as it is under Valgrind: its counts are Valgrind's.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using heaplings::active_backend;
using heaplings::backend;
using heaplings::bytes;
using heaplings::hook;
using heaplings::hooks_active;
using heaplings::leak_scope;
using heaplings::no_active_hook;
using heaplings::no_leaks;
using namespace leak_counter_support;

TEST_CASE("under Valgrind its counts stand in for the hooks, and say so")
{
    CHECK_FALSE(hooks_active(hook::operator_new));
    CHECK_FALSE(hooks_active(hook::malloc));
    CHECK(active_backend() == backend::valgrind);
    CHECK(text_of(active_backend()) == "Valgrind");
}

TEST_CASE("a scope reports the blocks of new and malloc that are left, whether reachable or lost")
{
    const leak_scope scope;
    static int* kept;
    kept = escape(new int[10]);
    const auto reachable = scope.report();
    escape(std::malloc(24));
    const auto both = scope.report();
    delete[] kept;
    const auto lost = scope.report();

    CHECK(reachable.leaked_blocks() == 1);
    CHECK(reachable.leaked_bytes() == bytes{40});
    CHECK(reachable.who_counted() == backend::valgrind);
    CHECK(both.leaked_blocks() == 2);
    CHECK(both.leaked_bytes() == bytes{64});
    CHECK(lost.leaked_blocks() == 1);
    CHECK(contains(text_of(lost), "1 leaked block, 24 B; Valgrind's report"));
}

TEST_CASE("a scope that leaves nothing reports nothing")
{
    const leak_scope scope;
    delete escape(new int);
    const auto report = scope.report();
    CHECK(report == no_leaks);
}

TEST_CASE("what Valgrind does not tell is refused, not guessed")
{
    const leak_scope scope;
    CHECK_THROWS_AS(static_cast<void>(scope.counts()), no_active_hook);
    CHECK_THROWS_AS(static_cast<void>(scope.peak()), no_active_hook);
    CHECK_THROWS_AS(heaplings::within_budget(heaplings::no_allocation, [] {}), no_active_hook);
    CHECK_THROWS_AS(heaplings::allocation_failure{1}, no_active_hook);
    CHECK_THROWS_AS(heaplings::fail_each_allocation([] {}), no_active_hook);
}
