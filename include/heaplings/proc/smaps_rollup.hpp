// How much memory a process has, in detail: /proc/<pid>/smaps_rollup.
#pragma once

#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/proc/memory_usage.hpp>

#include <optional>
#include <string_view>

namespace heaplings {

// Reads `<proc>/<pid>/smaps_rollup`, the sum over all mappings of what smaps tells, exact where
// statm may be some pages behind; nothing if the process is gone or has no memory, as a kernel
// thread or a zombie. Since Linux 4.14. The kernel walks the page tables for it: the more memory,
// the slower.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
// Source: Documentation/ABI/testing/procfs-smaps_rollup.
[[nodiscard]] inline std::optional<memory_usage>
read_smaps_rollup(process_id process = this_process, std::string_view proc = "/proc")
{
    detail::proc_file file{process, "smaps_rollup", proc};
    if (!file.is_open()) return std::nullopt;

    detail::line_reader<1024> lines{file};
    auto line = lines.next();
    if (!line) return std::nullopt;
    if (!line->rest().ends_with(" [rollup]")) line->fail("[rollup]");

    memory_usage usage;
    detail::key_value_reader<detail::memory_usage_keys<memory_usage>> reader;
    while ((line = lines.next())) reader.read(*line, usage);
    reader.expect_required(lines.end());
    return usage;
}

} // namespace heaplings
