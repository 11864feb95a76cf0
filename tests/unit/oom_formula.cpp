#include <heaplings/oom_adjuster/formula.hpp>

#include "synthetic_proc.hpp"

#include <heaplings/error.hpp>

#include <doctest/doctest.h>

#include <string_view>

using heaplings::oom_badness;
using heaplings::oom_formula;
using heaplings::oom_score;
using heaplings::parse_error;

TEST_SUITE_BEGIN("oom_adjuster");

TEST_CASE("the score of an idle process is 666, of all memory 1333, of the minimum 0")
{
    CHECK(oom_score({0, 1'000'000}, 0) == 666);
    CHECK(oom_score({1'000'000, 1'000'000}, 0) == 1333);
    CHECK(oom_score({0, 1'000'000}, 1000) == 1333);
    CHECK(oom_score({1'000'000, 1'000'000}, -1000) == 0);
    CHECK(oom_score({0, 1'000'000}, -999) == 0);
    CHECK(oom_score({500'000, 1'000'000}, -500) == 666);
}

TEST_CASE("adj counts in thousandths that are rounded down first")
{
    CHECK(oom_badness({100, 5311}, 999) == 100 + 999 * 5);
    CHECK(oom_badness({100, 999}, 1000) == 100);
    CHECK(oom_badness({100, 5311}, -999) == 100 - 999 * 5);
    CHECK(oom_score({0, 5311}, 999) == 1293); // 999 * 5311 / 1000 pages would make it 1332
    CHECK(oom_score({0, 5311}, -100) == 604);
}

TEST_CASE("before Linux 5.9 the score is in thousandths, and badness is 1 at least")
{
    constexpr auto old = oom_formula::before_5_9;
    CHECK(oom_score({0, 1'000'000}, 0, old) == 0);
    CHECK(oom_score({500'000, 1'000'000}, 0, old) == 500);
    CHECK(oom_score({500'000, 1'000'000}, 1000, old) == 1500);
    CHECK(oom_score({500'000, 1'000'000}, -1000, old) == 0);
    CHECK(oom_score({500'000, 1'000'000}, -999, old) == 0);
    CHECK(oom_badness({500'000, 1'000'000}, -500, old) == 1);
    CHECK(oom_badness({500'001, 1'000'000, true}, -500, old) == 1);
    CHECK(oom_badness({500'001, 1'000'000, true}, -400, old) == 100'001);
}

TEST_CASE("before Linux 4.17 an administrator's process is let off 3 % of its pages")
{
    constexpr auto older = oom_formula::before_4_17;
    CHECK(oom_badness({1000, 5311, true}, 0, older) == 970);
    CHECK(oom_badness({1000, 5311, false}, 0, older) == 1000);
    CHECK(oom_badness({33, 5311, true}, 2, older) == 33 + 2 * 5);
    CHECK(oom_badness({10, 5311, true}, -3, older) == 1);
    CHECK(oom_score({500'000, 1'000'000, true}, 0, older) == 485);
}

TEST_CASE("the version of the kernel says which formula it has")
{
    const synthetic_proc proc;
    const auto formula_of = [&](std::string_view release) {
        proc.write_system("sys/kernel/osrelease", release);
        return heaplings::read_oom_formula(proc.root());
    };
    CHECK(heaplings::read_oom_formula(proc.root()) == oom_formula::since_5_9);
    CHECK(formula_of("3.10.0-1160.el7.x86_64\n") == oom_formula::before_4_17);
    CHECK(formula_of("4.16.18\n") == oom_formula::before_4_17);
    CHECK(formula_of("4.17.0\n") == oom_formula::before_5_9);
    CHECK(formula_of("5.8.18-100.fc31\n") == oom_formula::before_5_9);
    CHECK(formula_of("5.9.0-rc1\n") == oom_formula::since_5_9);
    CHECK(formula_of("5.10.0-30-amd64\n") == oom_formula::since_5_9);
    CHECK(formula_of("6.1.0\n") == oom_formula::since_5_9);
    CHECK(formula_of("10.0\n") == oom_formula::since_5_9);
    CHECK_THROWS_AS(static_cast<void>(formula_of("Linux\n")), parse_error);
    CHECK_THROWS_AS(static_cast<void>(formula_of("6\n")), parse_error);
}

TEST_SUITE_END();
