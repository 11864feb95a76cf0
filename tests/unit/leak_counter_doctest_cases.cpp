// Cases of the program that unit.leak_counter_doctest runs: right and wrong ones, by their names.
#include "leak_counter_support.hpp"

#include <heaplings/leak_counter/doctest_decorators.hpp>

#include <doctest/doctest.h>

#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using leak_counter_support::escape;

struct with_members
{
    std::vector<int> numbers = std::vector<int>(100);
};

struct printed
{
    int value;
    [[nodiscard]] bool operator==(const printed&) const = default;
};

std::ostream& operator<<(std::ostream& out, const printed& p)
{
    return out << std::string(200, '-') << p.value;
}

} // namespace

TEST_CASE("clean: a block that is freed")
{
    delete escape(new int);
}

TEST_CASE("clean: assertions that pass, INFO, CAPTURE, MESSAGE and stringification")
{
    const int value = 5;
    INFO("a text longer than the buffer that doctest has within: ", value, std::string(300, 'x'));
    CAPTURE(value);
    CHECK_MESSAGE(value == 5, std::string(300, 'y'));
    MESSAGE("a message of the case, of some length, ", std::string(300, 'z'));
    CHECK(printed{4} == printed{4});
    CHECK_THROWS_AS(throw std::runtime_error{std::string(100, 'x')}, std::runtime_error);
    WARN(printed{1} == printed{2});
}

TEST_CASE("clean: subcases, nested, with long names")
{
    std::string path;
    SUBCASE("the first of the subcases, whose name is long enough to need a block")
    {
        path = "first";
        SUBCASE("inner one, whose name is long enough to need a block")
        {
            path += "one";
        }
        SUBCASE("inner two, whose name is long enough to need a block")
        {
            path += "two";
        }
    }
    SUBCASE("second")
    {
        path = "second";
        for (int i = 0; i < 3; ++i) {
            SUBCASE(("in a loop " + std::to_string(i)).c_str())
            {
                path += std::to_string(i);
            }
        }
    }
    CHECK_FALSE(path.empty());
}

TEST_CASE_FIXTURE(with_members, "clean: a fixture")
{
    CHECK(numbers.size() == 100);
}

TEST_CASE_TEMPLATE("clean: templates", T, int, std::string)
{
    std::map<T, T> map;
    map[T{}];
    CHECK(map.size() == 1);
}

TEST_CASE("clean: a thread")
{
    std::thread{[] { delete escape(new int); }}.join();
}

TEST_CASE("clean: may leak" * heaplings::may_leak())
{
    escape(new int);
    escape(new int);
}

TEST_CASE("clean: may leak one" * heaplings::may_leak(1))
{
    escape(new int);
}

TEST_CASE("clean: not counted")
{
    const heaplings::not_counted cache;
    escape(new int);
}

TEST_CASE("clean: should fail and leaks" * doctest::should_fail())
{
    escape(new int);
}

TEST_CASE("clean: may fail and leaks" * doctest::may_fail())
{
    escape(new int);
}

TEST_CASE("clean: one failure is expected, and it leaks" * doctest::expected_failures(1))
{
    escape(new int);
}

TEST_CASE("fails: an assertion, but nothing leaks")
{
    INFO("said of it, in a text longer than the buffer that doctest has within");
    CHECK(printed{1} == printed{2});
    REQUIRE(std::string(100, 'x') == std::string(100, 'y'));
}

TEST_CASE("fails: an exception, but nothing leaks")
{
    const std::string local(100, 'x');
    INFO("said of it, in a text longer than the buffer that doctest has within");
    throw std::runtime_error{local};
}

TEST_CASE("leaks: a block")
{
    escape(new int[10]); // line of the leak
}

TEST_CASE("leaks: in a thread")
{
    std::thread{[] { escape(new int); }}.join();
}

TEST_CASE("leaks: more than it may" * heaplings::may_leak(1))
{
    escape(new int);
    escape(new int);
}

TEST_CASE("leaks: in one of its subcases")
{
    SUBCASE("outer")
    {
        SUBCASE("leaky")
        {
            escape(new std::string(100, 'x'));
        }
        SUBCASE("tight") {}
    }
    SUBCASE("last") {}
}

TEST_CASE("leaks: in its last subcase")
{
    SUBCASE("tight") {}
    SUBCASE("leaky")
    {
        escape(new int);
    }
}

TEST_CASE("leaks: where an assertion fails too")
{
    escape(new int);
    CHECK(1 == 2);
}

TEST_CASE("leaks: two failures, of which one is expected" * doctest::expected_failures(1))
{
    escape(new int);
    CHECK(1 == 2);
}

TEST_CASE("bad free: delete for new[]" * heaplings::may_leak())
{
    ::operator delete(escape(::operator new[](4)));
}

TEST_CASE("bad free: twice")
{
    int* block = escape(new int);
    delete escape(block);
    delete escape(block); // NOLINT
}
