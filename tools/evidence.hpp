// What the main of an exercise (judge_main.cpp) told over its descriptor: which test cases ran, and
// how.
//
// An exit status proves nothing: exit(0) can be called by anyone. So the judge's main reports each
// step in a line of its own, fields separated by tabs, each line led by a key that only it was
// told:
//   begin | start FILE LINE NAME | case FILE LINE NAME PASSED ASSERTS FAILED | skip FILE LINE NAME
//   fail FILE LINE TEXT VALUES THREW INFO... | message ... (the same) | throw TEXT
//   crash SIGNAL ADDRESS NEAR_STACK_POINTER OFFSET... | end CASES
// and, with an empty key, in the list of a spec: expect FILE LINE NAME.
#pragma once

#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::tools {

// A test case is known by its name and its place: a learner's own of the same name is another.
struct test_case
{
    std::string file; // without its folder
    int line = 0;
    std::string name;
    friend auto operator<=>(const test_case&, const test_case&) = default;
};

struct failed_check
{
    std::string file;
    int line = 0;
    std::string text;   // CHECK( a == b )
    std::string values; // 1 == 2, or what was thrown
    bool threw = false;
    std::vector<std::string> infos; // what INFO said
};

struct finished_case
{
    test_case which;
    bool passed = false;
    int asserts = 0;
    std::vector<failed_check> failures;
    std::vector<std::string> messages; // what MESSAGE told of this machine
};

struct evidence
{
    std::vector<finished_case> finished;
    std::vector<test_case> skipped;
    std::optional<test_case> running; // started and not finished
    finished_case unfinished;         // what it had told by then
    std::vector<std::string> crash;   // the fields of the crash line, if there was one
    bool began = false;
    bool ended = false;
};

// Lines that do not start with `key`, or are malformed, are not evidence and are left out.
[[nodiscard]] evidence read_evidence(std::string_view text, std::string_view key);

// The cases of a spec, from the file that --heaplings-list wrote.
// Throws std::runtime_error if there is none: a spec without cases would pass anything.
[[nodiscard]] std::vector<test_case> read_expected(const std::filesystem::path& file);

} // namespace heaplings::tools
