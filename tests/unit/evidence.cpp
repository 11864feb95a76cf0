#include "evidence.hpp"

#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace heaplings::tools;

namespace {

constexpr const char* key = "0123456789abcdef0123456789abcdef";

// Each line led by the key, as the judge's main writes it.
std::string lines(const std::vector<std::string>& said)
{
    std::string text;
    for (const std::string& line : said) text += std::string{key} + '\t' + line + '\n';
    return text;
}

} // namespace

TEST_CASE("a whole run is read back")
{
    const evidence seen = read_evidence(
        lines({"begin", "start\ta.cpp\t3\tone", "message\ta.cpp\t5\tblocks are 32 bytes apart\t\t0",
               "case\ta.cpp\t3\tone\t1\t2\t0", "start\ta.cpp\t9\ttwo",
               "fail\ta.cpp\t11\tCHECK( a == b )\tCHECK( 1 == 2 )\t0\tseen 3 blocks",
               "case\ta.cpp\t9\ttwo\t0\t1\t1", "skip\ta.cpp\t20\tthree", "end\t2"}),
        key);
    CHECK(seen.began);
    CHECK(seen.ended);
    CHECK_FALSE(seen.running.has_value());
    REQUIRE(seen.finished.size() == 2);
    CHECK(seen.finished[0].which == test_case{"a.cpp", 3, "one"});
    CHECK(seen.finished[0].passed);
    CHECK(seen.finished[0].asserts == 2);
    CHECK(seen.finished[0].messages == std::vector<std::string>{"blocks are 32 bytes apart"});
    CHECK(seen.finished[0].failures.empty());
    CHECK_FALSE(seen.finished[1].passed);
    REQUIRE(seen.finished[1].failures.size() == 1);
    const failed_check& failed = seen.finished[1].failures[0];
    CHECK(failed.text == "CHECK( a == b )");
    CHECK(failed.values == "1 == 2");
    CHECK(failed.line == 11);
    CHECK(failed.infos == std::vector<std::string>{"seen 3 blocks"});
    REQUIRE(seen.skipped.size() == 1);
    CHECK(seen.skipped[0].name == "three");
}

TEST_CASE("a run that stops half-way tells in which case")
{
    const evidence seen =
        read_evidence(lines({"begin", "start\ta.cpp\t3\tone", "fail\ta.cpp\t4\tCHECK( x )\t\t0",
                             "crash\t11\t0\t0\t4711"}),
                      key);
    REQUIRE(seen.running.has_value());
    CHECK(seen.running->name == "one");
    CHECK(seen.unfinished.failures.size() == 1);
    CHECK(seen.crash == std::vector<std::string>{"11", "0", "0", "4711"});
    CHECK_FALSE(seen.ended);
}

TEST_CASE("tabs, newlines and backslashes in names survive")
{
    const evidence seen = read_evidence(
        lines({R"(case	a.cpp	3	tab\t newline\n backslash\\	1	1	0)"}), key);
    REQUIRE(seen.finished.size() == 1);
    CHECK(seen.finished[0].which.name == "tab\t newline\n backslash\\");
}

TEST_CASE("lines without the key, or with another, are no evidence")
{
    const evidence seen = read_evidence("begin\n\tcase\ta.cpp\t3\tone\t1\t1\t0\n"
                                        "ffffffffffffffffffffffffffffffff\tend\t1\n",
                                        key);
    CHECK_FALSE(seen.began);
    CHECK_FALSE(seen.ended);
    CHECK(seen.finished.empty());
}

TEST_CASE("malformed lines are left out and never crash")
{
    for (const char* line :
         {"", "case", "case\ta.cpp\t3", "case\ta.cpp\tx\tone\t1\t1\t", "start\ta", "fail\ta.cpp\t1",
          "throw\tnobody runs", "crash", "unknown\tx"}) {
        CAPTURE(line);
        const evidence seen = read_evidence(lines({line}), key);
        for (const finished_case& ran : seen.finished) CHECK_FALSE(ran.passed);
        CHECK_FALSE(seen.running.has_value());
    }
    CHECK_FALSE(read_evidence(key, key).began);
}

TEST_CASE("a case that failed a check has not passed, whatever it claims")
{
    const evidence seen = read_evidence(lines({"case\ta.cpp\t3\tone\t1\t2\t1"}), key);
    REQUIRE(seen.finished.size() == 1);
    CHECK_FALSE(seen.finished[0].passed);
}

TEST_CASE("the cases of a spec are read from its list, and an empty list is refused")
{
    const scratch_folder scratch;
    const auto file = scratch.path / "cases";
    write_file(file, "\texpect\ta.cpp\t3\tone\n\texpect\ta.cpp\t9\ttwo\n");
    CHECK(read_expected(file) == std::vector<test_case>{{"a.cpp", 3, "one"}, {"a.cpp", 9, "two"}});
    write_file(file, "");
    CHECK_THROWS_WITH_AS(static_cast<void>(read_expected(file)), doctest::Contains(file.c_str()),
                         std::runtime_error);
    std::filesystem::remove(file);
    CHECK_THROWS_AS(static_cast<void>(read_expected(file)), std::runtime_error);
}
