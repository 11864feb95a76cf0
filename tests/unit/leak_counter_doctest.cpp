// Runs a program whose doctest cases check themselves, and reads what doctest says of each.
#include <doctest/doctest.h>

#include <pugixml.hpp>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

namespace {

struct outcome
{
    int status;
    std::string output;
};

outcome run(const std::string& arguments, const std::string& before = {})
{
    // LeakSanitizer would judge the program's end; here doctest's judgement is read.
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    const std::string command = before + HEAPLINGS_DOCTEST_PROGRAM " " + arguments + " 2>&1";
    std::FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        output.append(buffer.data(), n);
    }
    const int status = pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

int line_of_the_leak()
{
    std::ifstream cases{HEAPLINGS_DOCTEST_CASES};
    std::string text;
    for (int line = 1; std::getline(cases, text); ++line) {
        if (contains(text, "line of the leak")) return line;
    }
    return 0;
}

std::string only(const std::string& name)
{
    return "-tc='" + name + "'";
}

// AddressSanitizer reports bad frees itself, and ends the program.
#ifdef __SANITIZE_ADDRESS__
constexpr bool sees_bad_frees = false;
#else
constexpr bool sees_bad_frees = true;
#endif

} // namespace

TEST_CASE("cases that leak nothing pass, whatever doctest itself keeps")
{
    const outcome ran = run(only("clean: *"));
    CAPTURE(ran.output);
    CHECK(ran.status == 0);
    CHECK(contains(ran.output, "| 13 passed | 0 failed |"));
    CHECK(contains(ran.output, "[heaplings] leaks of each test case: "));
}

TEST_CASE("each case that leaks fails, and only by its leak")
{
    const outcome ran = run(only("leaks: *") + " -r=xml");
    CHECK(ran.status == 1);
    pugi::xml_document document;
    REQUIRE(document.load_string(ran.output.substr(ran.output.find("<?xml")).c_str()));
    int cases = 0;
    for (const auto found : document.select_nodes("//TestCase")) {
        const pugi::xml_node test = found.node();
        CAPTURE(std::string{test.attribute("name").value()});
        if (test.attribute("skipped")) continue;
        ++cases;
        CHECK_FALSE(test.child("OverallResultsAsserts").attribute("test_case_success").as_bool());
        CHECK(test.select_node(".//Expanded[contains(., 'leaked block')]"));
    }
    CHECK(cases == 7);
    const pugi::xml_node all = document.select_node("//OverallResultsTestCases").node();
    CHECK(all.attribute("failures").as_int() == 7);
}

TEST_CASE("the report names the case's line and that of the allocation")
{
    const outcome ran = run(only("leaks: a block"));
    CAPTURE(ran.output);
    CHECK(ran.status == 1);
    CHECK(contains(ran.output, "1 leaked block, 40 B"));
    CHECK(contains(ran.output, "| 0 passed | 1 failed |"));
    CHECK(contains(ran.output,
                   "leak_counter_doctest_cases.cpp:" + std::to_string(line_of_the_leak()) + ")"));
}

TEST_CASE("a leak is told of with the subcase that made it, and of no other")
{
    const outcome ran = run(only("leaks: in one of its subcases") + " -r=xml");
    CAPTURE(ran.output);
    CHECK(contains(ran.output, "in subcase outer / leaky: "));
    CHECK_FALSE(contains(ran.output, "in subcase outer / tight: "));
    CHECK_FALSE(contains(ran.output, "in subcase last: "));
    CHECK(contains(run(only("leaks: in its last subcase")).output, "in subcase leaky: "));
}

TEST_CASE("a case that fails for another reason is not said to leak")
{
    const outcome ran = run(only("fails: *"));
    CAPTURE(ran.output);
    CHECK(ran.status == 1);
    CHECK(contains(ran.output, "| 0 passed | 2 failed |"));
    CHECK_FALSE(contains(ran.output, "leaked block"));
}

TEST_CASE("bad frees fail their case, also one that may leak, and do not end the program")
{
    if (!sees_bad_frees) return;
    const outcome ran = run(only("bad free: *"));
    CAPTURE(ran.output);
    CHECK(ran.status == 1);
    CHECK(contains(ran.output, "| 0 passed | 2 failed |"));
    CHECK(contains(ran.output, "bad free: delete of a block that is from new[]"));
    CHECK(contains(ran.output, "bad free: delete of a block that was freed before"));
}

TEST_CASE("the JUnit report has the leaks as failures")
{
    const outcome ran = run(only("leaks: *") + " -r=junit");
    pugi::xml_document document;
    REQUIRE(document.load_string(ran.output.substr(ran.output.find("<?xml")).c_str()));
    CHECK(document.select_nodes("//testcase[failure]").size() == 7);
}

#ifdef HEAPLINGS_VALGRIND
TEST_CASE("under Valgrind lost blocks fail their case, and clean ones pass")
{
    const std::string valgrind = HEAPLINGS_VALGRIND " --command-line-only=yes -q ";
    const outcome clean = run(only("clean: *") + " -tce='*leaks*,*not counted*'", valgrind);
    CAPTURE(clean.output);
    CHECK(clean.status == 0);
    CHECK(contains(clean.output, "[heaplings] leaks of each test case: Valgrind"));
    const outcome leaks = run(only("leaks: a block"), valgrind);
    CAPTURE(leaks.output);
    CHECK(leaks.status == 1);
    CHECK(contains(leaks.output, "1 leaked block"));
}
#endif
