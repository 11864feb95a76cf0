// For a program compiled with a sanitizer that has an allocator of its own: scopes listen to that.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

using heaplings::active_backend;
using heaplings::allocation_kind;
using heaplings::backend;
using heaplings::bytes;
using heaplings::hook;
using heaplings::hooks_active;
using heaplings::leak_scope;
using heaplings::no_active_hook;
using heaplings::no_leaks;
using heaplings::scope_extent;
using namespace leak_counter_support;

TEST_CASE("the sanitizer's allocator is the backend, for new and malloc")
{
    CHECK(active_backend() == backend::sanitizer);
    CHECK(text_of(active_backend()) == "sanitizer");
    CHECK(hooks_active(hook::operator_new));
    CHECK(hooks_active(hook::malloc));
}

TEST_CASE("blocks of new and malloc are counted when they come and go")
{
    const auto counts = counts_of([] {
        delete escape(new int);
        std::free(escape(std::malloc(100)));
        std::free(std::realloc(escape(std::malloc(10)), 30));
    });
    CHECK(counts == allocated_and_freed(4, bytes{4 + 100 + 10 + 30}));
}

TEST_CASE("a report lists what is left, with the user's line")
{
    const leak_scope scope;
    int* number = escape(new int);
    auto* text = escape(new std::string(100, 'x'));
    const auto report = scope.report();
    delete number;
    delete text;
    CHECK(report.leaked_blocks() == 3);
    for (const auto& leak : report.leaks()) CHECK(leak.kind == allocation_kind::any);
    CHECK(contains(text_of(report), "leak_counter_sanitized.cpp:" + std::to_string(__LINE__ - 7)));
    CHECK(contains(text_of(report), "leak_counter_sanitized.cpp:" + std::to_string(__LINE__ - 7)));
    CHECK(scope.report() == no_leaks);
}

TEST_CASE("scopes know threads, their peak, and what is not counted")
{
    const leak_scope of_thread;
    const leak_scope of_process{scope_extent::process};
    int* of_other = nullptr;
    std::thread{[&] { of_other = escape(new int); }}.join();
    {
        const heaplings::not_counted cache;
        delete escape(new int);
    }
    const auto own = of_thread.report();
    const auto all = of_process.report();
    delete of_other;
    CHECK(own.leaks().empty());
    CHECK(all.leaked_blocks() == 1);

    const leak_scope peaked;
    delete[] escape(new char[1000]);
    CHECK(peaked.peak() == heaplings::peak_bounds{bytes{1000}, bytes{1000}});
}

TEST_CASE("what a sanitizer does not let hooks do is refused")
{
    CHECK_THROWS_AS(heaplings::within_budget(heaplings::no_allocation, [] {}), no_active_hook);
    CHECK_THROWS_AS(heaplings::allocation_failure{1}, no_active_hook);
    CHECK_THROWS_AS(heaplings::fail_each_allocation([] {}), no_active_hook);
}
