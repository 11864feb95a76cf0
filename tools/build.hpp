// From the learner's file to a program, and the certainty that the program is of that very text.
//
// CMake runs the compiler and the linker of each exercise through `heaplings compile` and
// `heaplings link` (RULE_LAUNCH_COMPILE, RULE_LAUNCH_LINK; see cmake/exercises.cmake), whoever
// starts the build: this tool, ctest or an IDE. They keep what the compiler said, remove a program
// that is no longer that of the file, and record the hash of the text that was compiled. Times are
// not enough: a file saved during its own compilation, or restored with an older time, looks up to
// date to Ninja.
#pragma once

#include "course.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heaplings::tools {

enum class build_step { compile, link };

// Runs `command` for the learner's `file`, whose results are kept in `work`. Returns its exit
// status.
int run_build_step(build_step step, const std::filesystem::path& work,
                   const std::filesystem::path& file, const std::vector<std::string>& command);

// Brings the programs of these exercises up to date, one build at a time in a build folder; what
// does not compile is left to verdicts to tell. Throws std::system_error if Ninja can't be run.
void build_exercises(const course& all, const std::vector<const exercise*>& selected);

// The program was built from the text that the file holds now.
[[nodiscard]] bool is_fresh(const exercise& e);

// What the compiler or the linker said when it failed last; nothing if it did not fail.
[[nodiscard]] std::optional<std::string> build_errors(const exercise& e);

// The first error of them, with the lines that belong to it.
[[nodiscard]] std::string first_error(const std::string& said);

// The object file of the learner's text, known once it has been compiled.
[[nodiscard]] std::filesystem::path object_of(const exercise& e);

} // namespace heaplings::tools
