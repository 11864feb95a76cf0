// What has been solved: the verdicts of the last runs, kept beside the programs, and sums over
// them.
#pragma once

#include "course.hpp"
#include "verdict.hpp"

#include <optional>
#include <string>
#include <vector>

namespace heaplings::tools {

// Keeps a verdict of the file and the spec as they are now.
void remember(const exercise& e, run_kind kind, const verdict& v);

// The last verdict (without its output), if file and spec are still what was judged.
[[nodiscard]] std::optional<verdict> recall(const exercise& e, run_kind kind);

// When it was judged last; the earliest time if never.
[[nodiscard]] std::filesystem::file_time_type judged_at(const exercise& e, run_kind kind);

enum class standing {
    solved,    // every run passed
    unchecked, // what could run here passed; a run that this machine can't do is left
    skipped,   // no run of it is possible here
    unsolved,
};
[[nodiscard]] standing standing_of(const exercise& e);

struct progress
{
    struct chapter
    {
        std::string name;
        std::size_t solved = 0;
        std::size_t all = 0;
    };
    std::size_t solved = 0;
    std::size_t unchecked = 0;
    std::size_t skipped = 0;
    std::size_t all = 0;
    std::vector<chapter> chapters;
    const exercise* next = nullptr; // the first that is unsolved
};
[[nodiscard]] progress progress_of(const course& all);

// The state of each exercise for other programs: an object with "solved", "total", "next" (a name
// or null) and "exercises": [{"id", "name", "chapter", "title", "file", "state", "runs": {"native":
// "passed"}}].
[[nodiscard]] std::string progress_json(const course& all);

} // namespace heaplings::tools
