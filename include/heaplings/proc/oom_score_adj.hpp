// What is added to or taken from a process's OOM score: /proc/<pid>/oom_score_adj.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>

#include <optional>
#include <string_view>

namespace heaplings {

// The range of oom_score_adj, in thousandths of the machine's memory (OOM_SCORE_ADJ_MIN and _MAX in
// linux/oom.h). The OOM killer never chooses a process at the minimum.
inline constexpr int oom_score_adj_min = -1000;
inline constexpr int oom_score_adj_max = 1000;

namespace detail {

// The number in `text`, which was read from `file`. Throws parse_error.
[[nodiscard]] inline int parse_oom_score_adj(std::string_view file, std::string_view text)
{
    fields line{file, 1, text};
    const int adj = line.signed_number<int>();
    if (adj < oom_score_adj_min || oom_score_adj_max < adj) line.fail("-1000 to 1000");
    if (line.rest() != "\n") line.fail("one number");
    return adj;
}

} // namespace detail

// Reads `<proc>/<pid>/oom_score_adj` (proc_pid_oom_score_adj(5)), -1000 to 1000; nothing if the
// process is gone. To write it: heaplings/oom_adjuster.hpp.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
[[nodiscard]] inline std::optional<int> read_oom_score_adj(process_id process = this_process,
                                                           std::string_view proc = "/proc")
{
    detail::proc_file file{process, "oom_score_adj", proc};
    char buffer[32];
    const auto text = detail::read_small(file, buffer);
    if (!text) return std::nullopt;
    return detail::parse_oom_score_adj(file.path(), *text);
}

} // namespace heaplings
