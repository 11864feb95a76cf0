// Runs an exercise's program under the guard and says, from its evidence, whether the answer is
// right.
#pragma once

#include "course.hpp"
#include "evidence.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heaplings::tools {

enum class state {
    passed,
    failed,      // judged, and wrong
    not_built,   // does not compile or link
    missing,     // the file is gone
    waiting,     // until the native run passes
    unavailable, // this machine can't run it
    interrupted,
};
[[nodiscard]] std::string_view name_of(state s);

struct verdict
{
    state is = state::failed;
    std::string headline; // "4 of 6 test cases pass"
    std::string details;  // what to look at, line by line; may be empty
    std::string output;   // what the program printed, made harmless

    bool completed = false; // every case of the spec ran to its end
    std::vector<std::string>
        refused_by; // names of the cases that failed, or in which the program ended
    std::vector<std::string> findings; // Valgrind's kinds of error: "definitely lost"
    std::chrono::milliseconds took{};  // by the program alone
};

// An answer to a spec: the learner's, a solution or a recorded wrong one.
struct answer
{
    std::filesystem::path program;
    std::filesystem::path object;     // of the answer's source; empty: it is not looked into
    std::filesystem::path cases;      // see read_expected()
    std::filesystem::path work;       // Valgrind's reports and kernels' logs go here
    std::string file;                 // name of the source, as debug information has it
    std::vector<std::string> defines; // library functions that it may define
    kernel_machine machine;           // for a run in a disposable kernel
};

[[nodiscard]] verdict judge(const answer& given, run_kind kind,
                            const std::filesystem::path& valgrind);

// Why the program of the learner's file can't be run: the file is missing, or was not built as it is
// now. Nothing if it can.
[[nodiscard]] std::optional<verdict> why_not_run(const course& all, const exercise& e);

// The learner's file of an exercise, whose program is built: checks first whether it can be judged.
[[nodiscard]] verdict judge_exercise(const course& all, const exercise& e, run_kind kind);

} // namespace heaplings::tools
