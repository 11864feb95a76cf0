// Compiled once at each level of optimisation, the hooks in the same file as their callers: source
// lines are found all the same.
#include "leak_counter_support.hpp"

#include <heaplings/leak_counter/hooks.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

using heaplings::leak_scope;
using namespace leak_counter_support;

struct site
{
    void* block;
    int line;
};

[[gnu::noinline]] site plain()
{
    return {escape(new int), __LINE__};
}

[[gnu::noinline]] site array()
{
    return {escape(new char[33]), __LINE__};
}

[[gnu::noinline]] std::vector<int>* grown(std::vector<int>* numbers, int* line)
{
    numbers->resize(1000), *line = __LINE__;
    return escape(numbers);
}

[[gnu::noinline]] std::string* assigned(std::string* text, int* line)
{
    text->assign(200, 'x'), *line = __LINE__;
    return escape(text);
}

[[gnu::noinline]] std::map<int, int>* inserted(std::map<int, int>* map, int* line)
{
    (*map)[7] = 8, *line = __LINE__;
    return escape(map);
}

// Two calls of the same function in one: which of them it was shows in the return address alone.
[[gnu::noinline]] void* one_of_two(bool first, int* line)
{
    if (first) {
        *line = __LINE__ + 1;
        return escape(plain().block);
    }
    *line = __LINE__ + 1;
    return escape(plain().block);
}

[[gnu::noinline]] void* through_callers(int callers)
{
    void* block = callers == 0 ? ::operator new(8) : through_callers(callers - 1);
    asm volatile("" : : "r"(block) : "memory"); // a call that is not the last thing keeps its frame
    return block;
}

// Two calls in one function, of which the stack frames are alike. Compilers would make one of them,
// were it not for what is around.
[[gnu::noinline]] void* through_callers_of_one_of_two(bool first, int callers)
{
    void* block = nullptr;
    if (first) {
        asm volatile("nop" : : : "memory");
        block = through_callers(callers);
        asm volatile("nop" : : : "memory");
    } else {
        asm volatile("nop; nop" : : : "memory");
        block = through_callers(callers);
        asm volatile("nop; nop" : : : "memory");
    }
    return block;
}

// Return addresses, the innermost first.
std::vector<const void*> stack_through(bool first, int callers)
{
    const leak_scope scope;
    void* block = through_callers_of_one_of_two(first, callers);
    const heaplings::leak_report report = scope.report();
    const std::span<const void* const> stack = report.leaks().front().stack;
    ::operator delete(block);
    return {stack.begin(), stack.end()};
}

std::string line_text(int line)
{
    return "leak_counter_sites.cpp:" + std::to_string(line) + ")";
}

} // namespace

TEST_CASE("direct allocations are found by their line")
{
    const leak_scope scope;
    const site first = plain();
    const site second = array();
    const std::string report = text_of(scope.report());
    ::operator delete(first.block);
    ::operator delete[](second.block);
    CAPTURE(report);
    CHECK(contains(report, line_text(first.line)));
    CHECK(contains(report, line_text(second.line)));
}

TEST_CASE("what containers allocate is found by the line that made them")
{
    std::vector<int> numbers;
    std::string text;
    std::map<int, int> map;
    int lines[3] = {};
    const leak_scope scope;
    grown(&numbers, &lines[0]);
    assigned(&text, &lines[1]);
    inserted(&map, &lines[2]);
    const std::string report = text_of(scope.report());
    CAPTURE(report);
    for (const int line : lines) CHECK(contains(report, line_text(line)));
    CHECK_FALSE(contains(report, "/c++/"));
}

TEST_CASE("two calls in the same function are told apart")
{
    for (const bool first : {true, false}) {
        int line = 0;
        const leak_scope scope;
        void* block = one_of_two(first, &line);
        const std::string report = text_of(scope.report());
        ::operator delete(block);
        CAPTURE(report);
        CHECK(contains(report, line_text(line)));
    }
}

TEST_CASE("stacks that differ in one frame, however far out, are told apart")
{
    constexpr int most_callers = 14; // with the two ends 16 frames, of which the last differs
    for (int callers = 0; callers <= most_callers; ++callers) {
        CAPTURE(callers);
        const auto at = static_cast<std::size_t>(callers) + 1;
        std::vector<const void*> stacks[4];
        const volatile int rounds = 4; // or the loop becomes four calls, which the stacks show
        for (int i = 0; i < rounds; ++i) stacks[i] = stack_through(i % 2 == 0, callers);
        CHECK(stacks[0] == stacks[2]);
        CHECK(stacks[1] == stacks[3]);
        REQUIRE(stacks[0].size() > at);
        REQUIRE(stacks[1].size() == stacks[0].size());
        CHECK(stacks[0][at] != stacks[1][at]);
        stacks[1][at] = stacks[0][at];
        CHECK(stacks[0] == stacks[1]);
    }
}

TEST_CASE("a double free is told with all three lines")
{
    const leak_scope scope;
    const site made = plain();
    void* block = made.block;
    ::operator delete(escape(block));
    const int first = __LINE__ - 1;
    ::operator delete(escape(block));
    const int second = __LINE__ - 1;
    const std::string report = text_of(scope.report());
    CAPTURE(report);
    for (const int line : {made.line, first, second}) CHECK(contains(report, line_text(line)));
}
