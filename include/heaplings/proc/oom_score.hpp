// How likely the OOM killer is to choose a process: /proc/<pid>/oom_score.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>

#include <optional>
#include <string_view>

namespace heaplings {

// Reads `<proc>/<pid>/oom_score` (proc_pid_oom_score(5)); nothing if the process is gone.
//
// The process with the greatest score is killed first when the machine runs out of memory; 0 is
// never killed, or has next to nothing to give. Since Linux 5.9 an idle process with
// oom_score_adj 0 scores 666.
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
[[nodiscard]] inline std::optional<int> read_oom_score(process_id process = this_process,
                                                       std::string_view proc = "/proc")
{
    detail::proc_file file{process, "oom_score", proc};
    char buffer[32];
    const auto text = detail::read_small(file, buffer);
    if (!text) return std::nullopt;

    detail::fields line{file.path(), 1, *text};
    const int score = line.number<int>();
    if (line.rest() != "\n") line.fail("one number");
    return score;
}

} // namespace heaplings
