// The entries of a directory of /proc that are numbers: processes, or the threads of one.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/file.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace heaplings::detail {

// Such a directory, open. What starts or ends meanwhile is seen or not. It takes about 12 KiB, best
// on the stack, and no heap.
class pid_entries
{
public:
    // Throws std::system_error if the directory can't be opened, but for one that is not there: the
    // process may be gone.
    explicit pid_entries(std::string_view path)
        : path_{path, "."}, descriptor_{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}
    {
        if (descriptor_ >= 0 || is_gone(errno)) return;
        throw_system_error(errno, "open", path);
    }
    ~pid_entries()
    {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    pid_entries(const pid_entries&) = delete;
    pid_entries& operator=(const pid_entries&) = delete;

    // False if there was no such directory.
    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

    // The next number, nothing after the last. Throws std::system_error.
    [[nodiscard]] std::optional<pid_t> next()
    {
        while (const auto name = next_name()) {
            pid_t pid = 0;
            const auto [end, error] = std::from_chars(name->begin(), name->end(), pid);
            if (error == std::errc{} && end == name->end() && pid > 0) return pid;
        }
        return std::nullopt;
    }

    // Begins anew. Throws std::system_error.
    void rewind()
    {
        if (::lseek(descriptor_, 0, SEEK_SET) < 0) throw_system_error(errno, "rewind", path());
        first_ = last_ = 0;
    }

private:
    [[nodiscard]] static bool is_gone(int error) noexcept
    {
        return error == ENOENT || error == ESRCH;
    }

    // The next name in the directory. readdir(3) would do, but opendir(3) takes its buffer from the
    // heap.
    [[nodiscard]] std::optional<std::string_view> next_name()
    {
        if (first_ == last_) {
            const ssize_t size = is_open() ? ::getdents64(descriptor_, buffer_, sizeof buffer_) : 0;
            if (size < 0 && !is_gone(errno)) throw_system_error(errno, "read", path());
            if (size <= 0) return std::nullopt;
            first_ = 0;
            last_ = static_cast<std::size_t>(size);
        }
        const auto* const entry = reinterpret_cast<const dirent64*>(buffer_ + first_);
        first_ += entry->d_reclen;
        return entry->d_name;
    }

    [[nodiscard]] std::string_view path() const noexcept
    {
        return path_.view().substr(0, path_.view().size() - 2); // without "/."
    }

    proc_path path_;
    int descriptor_;
    std::size_t first_ = 0; // pending: from first_ up to last_
    std::size_t last_ = 0;
    alignas(dirent64) char buffer_[8192];
};

} // namespace heaplings::detail
