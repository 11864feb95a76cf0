// How much of each resource a process may use: /proc/<pid>/limits.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/units.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace heaplings {

// A limit of getrlimit(2): the soft one is in force, and its process may raise it up to the hard
// one. Nothing is no limit.
template <typename Value>
struct resource_limit
{
    std::optional<Value> soft;
    std::optional<Value> hard;

    [[nodiscard]] friend constexpr bool operator==(const resource_limit&,
                                                   const resource_limit&) noexcept = default;
};

// The limits of a process (proc_pid_limits(5)), each described in getrlimit(2).
struct resource_limits
{
    resource_limit<std::chrono::seconds> processor_time;        // RLIMIT_CPU
    resource_limit<bytes> file_size;                            // RLIMIT_FSIZE
    resource_limit<bytes> data;                                 // RLIMIT_DATA
    resource_limit<bytes> stack;                                // RLIMIT_STACK
    resource_limit<bytes> core_file;                            // RLIMIT_CORE
    resource_limit<bytes> resident;                             // RLIMIT_RSS: of no effect
    resource_limit<std::uint64_t> processes;                    // RLIMIT_NPROC, of the user
    resource_limit<std::uint64_t> open_files;                   // RLIMIT_NOFILE
    resource_limit<bytes> locked;                               // RLIMIT_MEMLOCK
    resource_limit<bytes> address_space;                        // RLIMIT_AS
    resource_limit<std::uint64_t> file_locks;                   // RLIMIT_LOCKS: of no effect
    resource_limit<std::uint64_t> pending_signals;              // RLIMIT_SIGPENDING, of the user
    resource_limit<bytes> message_queues;                       // RLIMIT_MSGQUEUE, of the user
    resource_limit<std::uint64_t> nice;                         // RLIMIT_NICE: 20 - nice value
    resource_limit<std::uint64_t> realtime_priority;            // RLIMIT_RTPRIO
    resource_limit<std::chrono::microseconds> realtime_timeout; // RLIMIT_RTTIME

    [[nodiscard]] friend constexpr bool operator==(const resource_limits&,
                                                   const resource_limits&) noexcept = default;
};

namespace detail {

// One limit, `8388608` or `unlimited`.
template <typename Value>
[[nodiscard]] std::optional<Value> read_limit(fields& line)
{
    if (line.rest().starts_with("unlimited")) {
        line.expect("unlimited");
        return std::nullopt;
    }
    if constexpr (std::is_same_v<Value, std::uint64_t>) {
        return line.number<std::uint64_t>();
    } else {
        return Value{read_size(line, bytes{1}).count()};
    }
}

// What follows a limit's name, the soft limit, the hard one and `unit`, in columns.
template <typename Value>
void read_limits_in(std::string_view unit, fields& line, resource_limit<Value>& limit)
{
    limit.soft = read_limit<Value>(line);
    line.expect(' ');
    line.skip_blanks();
    limit.hard = read_limit<Value>(line);
    line.expect(' ');
    line.skip_blanks();
    line.expect(unit);
    line.skip_blanks();
}

// A unit as an argument of a template.
template <std::size_t Size>
struct unit_name
{
    consteval unit_name(const char (&name)[Size]) noexcept { std::copy_n(name, Size, text); }
    char text[Size] = {};
};

// The row called `name`, which goes to `Member` and is in `Unit`.
template <auto Member, unit_name Unit>
[[nodiscard]] constexpr key<resource_limits> row(std::string_view name) noexcept
{
    const auto read = [](fields& line, resource_limits& limits) {
        read_limits_in(Unit.text, line, limits.*Member);
    };
    return {name, read, presence::required};
}

inline constexpr std::array limit_keys{
    row<&resource_limits::processor_time, "seconds">("Max cpu time"),
    row<&resource_limits::file_size, "bytes">("Max file size"),
    row<&resource_limits::data, "bytes">("Max data size"),
    row<&resource_limits::stack, "bytes">("Max stack size"),
    row<&resource_limits::core_file, "bytes">("Max core file size"),
    row<&resource_limits::resident, "bytes">("Max resident set"),
    row<&resource_limits::processes, "processes">("Max processes"),
    row<&resource_limits::open_files, "files">("Max open files"),
    row<&resource_limits::locked, "bytes">("Max locked memory"),
    row<&resource_limits::address_space, "bytes">("Max address space"),
    row<&resource_limits::file_locks, "locks">("Max file locks"),
    row<&resource_limits::pending_signals, "signals">("Max pending signals"),
    row<&resource_limits::message_queues, "bytes">("Max msgqueue size"),
    row<&resource_limits::nice, "">("Max nice priority"),
    row<&resource_limits::realtime_priority, "">("Max realtime priority"),
    row<&resource_limits::realtime_timeout, "us">("Max realtime timeout"),
};

} // namespace detail

// Reads `<proc>/<pid>/limits`; nothing if the process is gone. Since Linux 2.6.24.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
[[nodiscard]] inline std::optional<resource_limits> read_limits(process_id process = this_process,
                                                                std::string_view proc = "/proc")
{
    detail::proc_file file{process, "limits", proc};
    if (!file.is_open()) return std::nullopt;

    detail::line_reader<2048> lines{file};
    auto line = lines.next();
    if (!line) return std::nullopt; // the kernel writes nothing once the process is waited for
    line->expect("Limit ");

    resource_limits limits;
    detail::key_value_reader<detail::limit_keys> reader;
    while ((line = lines.next())) {
        const std::string_view row = line->rest();
        const std::string_view name = row.substr(0, row.find("  ")); // it has single blanks
        line->expect(name);
        reader.read_value(name, *line, limits);
    }
    reader.expect_required(lines.end());
    return limits;
}

} // namespace heaplings
