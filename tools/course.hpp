// The course as values, read from the course.json that CMake writes from the manifest.
#pragma once

#include "kernel/kernel_run.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::tools {

enum class run_kind {
    native,
    valgrind,
    kernel, // in a disposable kernel
};
inline constexpr run_kind all_run_kinds[] = {run_kind::native, run_kind::valgrind, run_kind::kernel};
[[nodiscard]] std::string_view name_of(run_kind kind);

struct exercise
{
    std::string chapter; // 1_allocate
    int number = 0;      // 2
    std::string name;    // which_way
    std::string title;
    std::vector<run_kind> runs;       // in the order in which they are judged
    std::vector<std::string> defines; // library functions that it is the task to define
    kernel_machine machine;           // in which it is run, if it runs in a disposable kernel
    bool live = false;                // its spec has something to show there: see live.hpp

    std::string id;              // 1.2_which_way: its target and its test
    std::filesystem::path file;  // what the learner edits
    std::filesystem::path spec;  // spec/which_way.cpp; the promise beside it ends in .hpp
    std::filesystem::path notes; // hints and the why
    std::filesystem::path shipped;
    std::filesystem::path work; // where its program, its verdicts and Valgrind's reports are

    [[nodiscard]] std::filesystem::path program() const { return work / file.stem(); }
    [[nodiscard]] std::filesystem::path cases() const { return work / "cases"; }
    [[nodiscard]] std::string test(run_kind kind) const; // its name under ctest
};

struct course
{
    std::filesystem::path source;
    std::filesystem::path build;
    std::filesystem::path compiler;
    std::filesystem::path make_program; // Ninja
    std::filesystem::path valgrind;     // empty if there was none when CMake ran
    std::vector<exercise> exercises;    // in course order
};

// Reads <build>/course.json. Throws usage_error if there is none, parse errors with the file's
// name.
[[nodiscard]] course load_course(const std::filesystem::path& build);

// The exercise that `name` means: which_way, 2_which_way, 1.2, 1.2_which_way, 2_which_way.cpp or a
// path to it. Throws usage_error that suggests the nearest name.
[[nodiscard]] const exercise& find_exercise(const course& all, std::string_view name);

// The exercises that the names mean, in course order; a chapter's name (1, allocate, 1_allocate)
// means all of its exercises, and no name means the whole course.
[[nodiscard]] std::vector<const exercise*> select_exercises(const course& all,
                                                            const std::vector<std::string>& names);

} // namespace heaplings::tools
