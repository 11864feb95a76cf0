// What a process has read and written: /proc/<pid>/io.
#pragma once

#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/units.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heaplings {

// The account of a process's input and output, its threads and the children that it waited for
// included (proc_pid_io(5)).
struct io_usage
{
    bytes read;                    // rchar: by read(2) and the like, from whatever it was
    bytes written;                 // wchar
    std::uint64_t read_calls = 0;  // syscr
    std::uint64_t write_calls = 0; // syscw
    bytes read_from_storage;       // read_bytes: not found in the page cache
    bytes written_to_storage;      // write_bytes: made dirty in the page cache
    bytes cancelled_writes;        // cancelled_write_bytes: dirty pages dropped, say by truncation

    [[nodiscard]] friend constexpr bool operator==(const io_usage&,
                                                   const io_usage&) noexcept = default;
};

namespace detail {

inline constexpr std::array io_keys{
    key<io_usage>{"rchar", plain_bytes<&io_usage::read>, presence::required},
    key<io_usage>{"wchar", plain_bytes<&io_usage::written>, presence::required},
    key<io_usage>{"syscr", plain_number<&io_usage::read_calls>, presence::required},
    key<io_usage>{"syscw", plain_number<&io_usage::write_calls>, presence::required},
    key<io_usage>{"read_bytes", plain_bytes<&io_usage::read_from_storage>, presence::required},
    key<io_usage>{"write_bytes", plain_bytes<&io_usage::written_to_storage>, presence::required},
    key<io_usage>{"cancelled_write_bytes", plain_bytes<&io_usage::cancelled_writes>,
                  presence::required},
};

} // namespace detail

// Reads `<proc>/<pid>/io`; nothing if the process is gone. Needs the right to trace the process.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read or this kernel keeps no such account
// (CONFIG_TASK_IO_ACCOUNTING), parse_error if it is malformed.
[[nodiscard]] inline std::optional<io_usage> read_io(process_id process = this_process,
                                                     std::string_view proc = "/proc")
{
    detail::proc_file file{process, "io", proc};
    if (!file.is_open()) return std::nullopt;

    io_usage usage;
    detail::line_reader<1024> lines{file};
    detail::key_value_reader<detail::io_keys> reader;
    while (auto line = lines.next()) reader.read(*line, usage);
    if (lines.process_gone()) return std::nullopt;
    reader.expect_required(lines.end());
    return usage;
}

} // namespace heaplings
