// Budgets, injected failures and the peak.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using heaplings::allocation_budget;
using heaplings::allocation_failure;
using heaplings::at_most;
using heaplings::budget_exceeded;
using heaplings::bytes;
using heaplings::fail_each_allocation;
using heaplings::leak_scope;
using heaplings::no_allocation;
using heaplings::peak_bounds;
using heaplings::scope_extent;
using heaplings::within_budget;
using namespace leak_counter_support;

void allocate(std::size_t size)
{
    delete[] escape(new char[size]);
}

template <typename Action>
std::string refusal(const allocation_budget& budget, Action action)
{
    try {
        within_budget(budget, action);
    } catch (const budget_exceeded& error) {
        return error.what();
    }
    return "none";
}

// Forgets the first part when the second can't be had.
void careless_pair()
{
    int* first = escape(new int);
    int* second = escape(new int);
    delete second;
    delete first;
}

} // namespace

TEST_CASE("code within its budget runs and its result comes back")
{
    CHECK(within_budget(no_allocation, [] { return 7; }) == 7);
    CHECK(within_budget(at_most(1), [] { return std::make_unique<int>(5); }) != nullptr);
    int here = 0;
    int& result = within_budget(no_allocation, [&]() -> int& { return here; });
    CHECK(&result == &here);
    within_budget(at_most(2), [] {
        allocate(10);
        allocate(10);
    });
    within_budget(at_most(bytes{20}), [] {
        allocate(10);
        allocate(10);
    });
}

TEST_CASE("one allocation more than the budget is refused, though it was freed")
{
    CHECK_THROWS_AS(within_budget(no_allocation, [] { allocate(1); }), budget_exceeded);
    CHECK_THROWS_AS(within_budget(at_most(1),
                                  [] {
                                      allocate(1);
                                      allocate(1);
                                  }),
                    budget_exceeded);
    CHECK_THROWS_AS(within_budget(at_most(bytes{19}),
                                  [] {
                                      allocate(10);
                                      allocate(10);
                                  }),
                    budget_exceeded);
    CHECK_THROWS_AS(within_budget({5, bytes{9}}, [] { allocate(10); }), budget_exceeded);
}

TEST_CASE("the refusal says what was allowed, what there was, and the line of the first too much")
{
    int line = 0;
    const std::string text = refusal(at_most(1), [&] {
        allocate(3);
        delete escape(new long);
        line = __LINE__ - 1;
        allocate(4);
    });
    CAPTURE(text);
    CHECK(contains(text, "at most 1 allocation allowed, but there were 3 of 15 B"));
    CHECK(contains(text, "8 B by new at"));
    CHECK(contains(text, "leak_counter_limits.cpp:" + std::to_string(line) + ")"));
    CHECK(contains(refusal(no_allocation, [] { allocate(1); }), "no allocation allowed"));
}

TEST_CASE("a budget is of its thread, nests, and leaves out what is not counted")
{
    within_budget(no_allocation, [] {
        const heaplings::not_counted cache;
        allocate(10);
    });
    const auto two = [] {
        allocate(1);
        allocate(2);
    };
    CHECK_THROWS_AS(within_budget(at_most(3), [&] { within_budget(at_most(1), two); }),
                    budget_exceeded);
    CHECK_THROWS_AS(within_budget(at_most(1), [&] { within_budget(at_most(3), two); }),
                    budget_exceeded);
    within_budget(at_most(2), [&] { within_budget(at_most(2), two); });

    std::atomic<bool> go{false};
    std::atomic<bool> done{false};
    std::thread other{[&] {
        while (!go) std::this_thread::yield();
        allocate(10);
        done = true;
    }};
    within_budget(no_allocation, [&] {
        go = true;
        while (!done) std::this_thread::yield();
    });
    other.join();
}

TEST_CASE("what the code throws goes before its budget")
{
    CHECK_THROWS_AS(
        within_budget(no_allocation, [] { throw std::runtime_error{std::string(50, 'x')}; }),
        std::runtime_error);
}

TEST_CASE("budgets print")
{
    CHECK(text_of(no_allocation) == "no allocation");
    CHECK(text_of(at_most(1)) == "at most 1 allocation");
    CHECK(text_of(at_most(bytes{64})) == "at most 64 B");
    CHECK(text_of(allocation_budget{3, bytes{64}}) == "at most 3 allocations of 64 B");
}

TEST_CASE("the n-th allocation fails, those before and after do not")
{
    for (int nth = 1; nth <= 3; ++nth) {
        CAPTURE(nth);
        int failed = 0;
        bool happened = false;
        {
            const allocation_failure failure{nth};
            for (int i = 1; i <= 5; ++i) {
                try {
                    allocate(10);
                } catch (const std::bad_alloc&) {
                    failed = i;
                }
            }
            happened = failure.happened();
        }
        CHECK(failed == nth);
        CHECK(happened);
    }
    const allocation_failure never{3};
    allocate(1);
    CHECK_FALSE(never.happened());
    CHECK(text_of(never) == "no allocation failed");
}

TEST_CASE("the nothrow forms return null when they are made to fail, a new_handler gets its chance")
{
    {
        const allocation_failure failure{1};
        CHECK(::operator new(10, std::nothrow) == nullptr);
    }
    static int asked;
    asked = 0;
    const std::new_handler before = std::set_new_handler([] { ++asked; });
    {
        const allocation_failure failure{1};
        allocate(10); // the second attempt succeeds
    }
    std::set_new_handler(before);
    CHECK(asked == 1);
}

TEST_CASE("a failure is of its thread, and not of what is not counted")
{
    const allocation_failure failure{1};
    {
        const heaplings::not_counted cache;
        allocate(10);
    }
    CHECK_FALSE(failure.happened());
    CHECK_THROWS_AS(allocate(10), std::bad_alloc);
}

TEST_CASE("an allocation number below 1 is refused")
{
    CHECK_THROWS_AS(allocation_failure{0}, std::invalid_argument);
    CHECK_THROWS_AS(allocation_failure{-1}, std::invalid_argument);
}

TEST_CASE("code that loses nothing passes with each of its allocations failing")
{
    const auto careful = [] {
        const auto first = std::make_unique<int>(1);
        std::vector<std::string> names;
        names.push_back(std::string(100, 'x'));
        names.push_back(std::string(100, 'y'));
    };
    const auto allocations = counts_of(careful).allocations;
    CHECK(fail_each_allocation(careful) == allocations);
    CHECK(fail_each_allocation([] {}) == 0);
}

TEST_CASE("code that loses a block when the next one fails is told of, with both lines")
{
    std::string text;
    try {
        fail_each_allocation(careless_pair);
    } catch (const heaplings::leak_after_failure& error) {
        text = error.what();
    }
    CAPTURE(text);
    CHECK(contains(text, "after allocation 2 failed"));
    CHECK(contains(text, "1 leaked block, 4 B"));
    CHECK(contains(text, "careless_pair()"));
    CHECK(contains(text, "The allocation that failed: 4 B by new at"));
}

TEST_CASE("an exception that is no bad_alloc ends the runs, and is the caller's")
{
    CHECK_THROWS_AS(fail_each_allocation([] { throw std::logic_error{"wrong"}; }),
                    std::logic_error);
    // As is a bad_alloc that no injected failure made.
    CHECK_THROWS_AS(fail_each_allocation([] { throw std::bad_alloc{}; }), std::bad_alloc);
}

TEST_CASE("the peak is the most that was live at once, exactly within one thread")
{
    const leak_scope of_thread;
    const leak_scope of_process{scope_extent::process};
    char* first = escape(new char[100]);
    char* second = escape(new char[50]);
    delete[] first;
    char* third = escape(new char[70]);
    delete[] second;
    delete[] third;
    CHECK(of_thread.peak() == peak_bounds{bytes{150}, bytes{150}});
    CHECK(of_process.peak() == peak_bounds{bytes{150}, bytes{150}});
    CHECK(text_of(of_thread.peak()) == "peak 150 B");
}

TEST_CASE("a scope that allocates nothing has no peak, whatever was live before")
{
    char* older = escape(new char[1000]);
    const leak_scope scope;
    CHECK(scope.peak() == peak_bounds{});
    delete[] older;
    CHECK(scope.peak() == peak_bounds{});
}

TEST_CASE("scopes opened within do not make a peak forgotten")
{
    const leak_scope outer;
    const leak_scope process{scope_extent::process};
    char* large = escape(new char[1000]);
    delete[] large;
    {
        const leak_scope inner;
        char* small = escape(new char[10]);
        delete[] small;
        CHECK(inner.peak() == peak_bounds{bytes{10}, bytes{10}});
    }
    CHECK(outer.peak() == peak_bounds{bytes{1000}, bytes{1000}});
    CHECK(process.peak() == peak_bounds{bytes{1000}, bytes{1000}});
}

TEST_CASE("where a block older than the scope is freed, the peak lies between bounds")
{
    char* older = escape(new char[300]);
    const leak_scope scope;
    delete[] older;
    char* block = escape(new char[100]);
    const auto peak = scope.peak();
    delete[] block;
    CHECK(peak.at_least <= bytes{100});
    CHECK(peak.at_most >= bytes{100});
    CHECK(peak.at_most <= bytes{400});
}

TEST_CASE("the peak of several threads lies between bounds")
{
    const leak_scope scope{scope_extent::process};
    const auto work = [] {
        for (std::size_t size = 1; size < 2000; size += 7) delete[] escape(new char[size]);
    };
    std::thread first{work};
    std::thread second{work};
    first.join();
    second.join();
    const auto peak = scope.peak();
    const auto counts = scope.counts();
    CHECK(peak.at_least <= peak.at_most);
    CHECK(peak.at_most >= bytes{1996}); // that of one of them
    CHECK(peak.at_most <= counts.allocated);
}
