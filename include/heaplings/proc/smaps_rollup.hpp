// How much memory a process has, in detail: /proc/<pid>/smaps_rollup.
#pragma once

#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/proc/memory_usage.hpp>

#include <optional>
#include <string_view>

namespace heaplings {

// The file smaps_rollup of a process, kept open to be read again and again. It stays that process's
// though another one gets the pid. It takes about 4 KiB and no heap.
class smaps_rollup_file
{
public:
    // Opens `<proc>/<pid>/smaps_rollup`; one of a process that is gone gives nothing. Throws as
    // read_smaps_rollup().
    explicit smaps_rollup_file(process_id process = this_process, std::string_view proc = "/proc")
        : file_{process, "smaps_rollup", proc}
    {
    }

    // What it says now; nothing once the process is gone or has called exec(3), for the file is
    // that of the memory that it had. Throws as read_smaps_rollup().
    [[nodiscard]] std::optional<memory_usage> read()
    {
        if (!file_.is_open()) return std::nullopt;

        detail::line_reader<1024> lines{file_};
        auto line = lines.next();
        if (!line) return std::nullopt;
        if (!line->rest().ends_with(" [rollup]")) line->fail("[rollup]");

        memory_usage usage;
        detail::key_value_reader<detail::memory_usage_keys<memory_usage>> reader;
        while ((line = lines.next())) reader.read(*line, usage);
        reader.expect_required(lines.end());
        return usage;
    }

private:
    detail::proc_file file_;
};

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
    return smaps_rollup_file{process, proc}.read();
}

} // namespace heaplings
