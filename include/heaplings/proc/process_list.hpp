// The processes there are: the numbered directories of /proc.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/next_iterator.hpp>
#include <heaplings/proc/process_id.hpp>
#include <heaplings/proc/stat.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

namespace heaplings {

// The processes of a proc mount, each with its stat, in the order of their pids (proc(5)). It takes
// about 8 KiB, best on the stack, and no heap.
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
    explicit process_list(std::string_view proc = "/proc")
        : proc_{proc}, directory_{::open(detail::proc_path{proc, "."}.c_str(),
                                         O_RDONLY | O_DIRECTORY | O_CLOEXEC)}
    {
        if (directory_ < 0) detail::throw_system_error(errno, "open", proc);
    }
    ~process_list() { ::close(directory_); }
    process_list(const process_list&) = delete;
    process_list& operator=(const process_list&) = delete;

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
        while (const auto name = next_name()) {
            pid_t pid = 0;
            const auto [end, error] = std::from_chars(name->begin(), name->end(), pid);
            if (error == std::errc{} && end == name->end() && pid > 0) return process_id{pid};
        }
        return std::nullopt;
    }

    // Begins anew. Throws std::system_error.
    void rewind()
    {
        if (::lseek(directory_, 0, SEEK_SET) < 0) {
            detail::throw_system_error(errno, "rewind", proc_);
        }
        first_ = last_ = 0;
    }

    [[nodiscard]] iterator begin() { return iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    // The next name in the directory. readdir(3) would do, but opendir(3) takes its buffer from the
    // heap.
    [[nodiscard]] std::optional<std::string_view> next_name()
    {
        if (first_ == last_) {
            const ssize_t size = ::getdents64(directory_, buffer_, sizeof buffer_);
            if (size < 0) detail::throw_system_error(errno, "read", proc_);
            if (size == 0) return std::nullopt;
            first_ = 0;
            last_ = static_cast<std::size_t>(size);
        }
        const auto* const entry = reinterpret_cast<const dirent64*>(buffer_ + first_);
        first_ += entry->d_reclen;
        return entry->d_name;
    }

    std::string_view proc_;
    int directory_;
    std::size_t first_ = 0; // pending: from first_ up to last_
    std::size_t last_ = 0;
    alignas(dirent64) char buffer_[8192];
};

} // namespace heaplings
