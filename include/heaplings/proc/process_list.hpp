// The processes there are: the numbered directories of /proc.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/next_iterator.hpp>
#include <heaplings/proc/detail/pid_entries.hpp>
#include <heaplings/proc/process_id.hpp>
#include <heaplings/proc/stat.hpp>

#include <cerrno>
#include <iterator>
#include <optional>
#include <string_view>

namespace heaplings {

// The processes of a proc mount, each with its stat, in the order of their pids (proc(5)). It takes
// about 12 KiB, best on the stack, and no heap.
//
//     process_list processes;
//     for (const process_stat& p : processes) {
//         if (p.kind() == process_kind::program) ...
//     }
//
// Processes that come or go meanwhile are seen or not; one that goes between the look into the
// directory and the look at its stat is passed over. A pid may be another process's by the time it
// is used: start_time tells.
class process_list
{
public:
    using iterator = detail::next_iterator<process_list, process_stat>;

    // Opens the directory `proc`, the mount point; tests pass a directory of their own.
    // Throws std::system_error. `proc` outlives the object.
    explicit process_list(std::string_view proc = "/proc") : proc_{proc}, pids_{proc}
    {
        if (!pids_.is_open()) detail::throw_system_error(ENOENT, "open", proc);
    }

    // The next process, nothing after the last.
    // Throws std::system_error if the directory or a stat may not be read, as under the mount
    // option hidepid=1, parse_error if a stat is malformed.
    [[nodiscard]] std::optional<process_stat> next()
    {
        while (const auto id = next_id()) {
            if (auto process = read_stat(*id, proc_)) return process;
        }
        return std::nullopt;
    }

    // The same without a look at the process, which may be gone already.
    [[nodiscard]] std::optional<process_id> next_id()
    {
        const auto pid = pids_.next();
        if (!pid) return std::nullopt;
        return process_id{*pid};
    }

    // Begins anew. Throws std::system_error.
    void rewind() { pids_.rewind(); }

    [[nodiscard]] iterator begin() { return iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    std::string_view proc_;
    detail::pid_entries pids_;
};

} // namespace heaplings
