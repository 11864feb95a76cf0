// Reading the files of /proc: open, read and close, and nothing on the heap.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/process_id.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace heaplings::detail {

// The path `<proc>/<pid>/<file>`, or `<proc>/<file>` for a file of the whole system.
class proc_path
{
public:
    // Throws std::system_error (ENAMETOOLONG) if the path is longer than PATH_MAX.
    proc_path(std::string_view proc, process_id process, std::string_view file)
    {
        append(proc);
        proc_size_ = size_;
        append("/");
        if (process.is_self()) {
            append("self");
        } else {
            char digits[16];
            const auto last = std::to_chars(digits, std::end(digits), process.pid()).ptr;
            append({digits, static_cast<std::size_t>(last - digits)});
        }
        directory_size_ = size_;
        append("/");
        append(file);
        text_[size_] = '\0';
    }

    // The same for a file of the whole system.
    proc_path(std::string_view proc, std::string_view file)
    {
        append(proc);
        proc_size_ = directory_size_ = size_;
        append("/");
        append(file);
        text_[size_] = '\0';
    }

    [[nodiscard]] const char* c_str() const noexcept { return text_; }
    [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

    [[nodiscard]] bool mount_exists() noexcept { return exists(proc_size_); }
    [[nodiscard]] bool process_exists() noexcept { return exists(directory_size_); }

private:
    void append(std::string_view part)
    {
        if (part.size() >= sizeof text_ - size_) throw_system_error(ENAMETOOLONG, "open", part);
        part.copy(text_ + size_, part.size());
        size_ += part.size();
    }

    // Whether the first `size` characters name something.
    bool exists(std::size_t size) noexcept
    {
        const char next = std::exchange(text_[size], '\0');
        const bool found = access(text_, F_OK) == 0;
        text_[size] = next;
        return found;
    }

    char text_[PATH_MAX]; // up to size_: to clear the rest would cost as much as a small read
    std::size_t size_ = 0;
    std::size_t proc_size_ = 0;
    std::size_t directory_size_ = 0;
};

// One open file of /proc. A process that has gone is an empty result, not an error; a file of the
// whole system that this kernel does not have is so too.
class proc_file
{
public:
    // Opens `<proc>/<pid>/<file>`. Throws std::system_error if that fails for another reason than
    // that the process is gone: no permission, no such mount, no such file in this kernel.
    proc_file(process_id process, std::string_view file, std::string_view proc)
        : path_{proc, process, file}, descriptor_{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)}
    {
        if (descriptor_ >= 0) return;

        const int error = errno;
        const bool gone = error == ESRCH || (error == ENOENT && !process.is_self() &&
                                             path_.mount_exists() && !path_.process_exists());
        if (!gone) throw_system_error(error, "open", path());
    }
    // Opens `<proc>/<file>`, a file of the whole system. Throws std::system_error if that fails for
    // another reason than that this kernel has no such file.
    proc_file(std::string_view file, std::string_view proc)
        : path_{proc, file}, descriptor_{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)}
    {
        if (descriptor_ >= 0) return;

        const int error = errno;
        if (error != ENOENT || !path_.mount_exists()) throw_system_error(error, "open", path());
    }
    ~proc_file()
    {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    proc_file(const proc_file&) = delete;
    proc_file& operator=(const proc_file&) = delete;

    [[nodiscard]] std::string_view path() const noexcept { return path_.view(); }

    // False if the process was gone already when the file was to be opened, or if this kernel has
    // no such file of the whole system.
    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

    // Reads from `offset` on, at most `buffer.size()` bytes: their number, 0 at the end, nothing if
    // the process is gone or this kernel only has the name of the file. Throws std::system_error on
    // other failures.
    [[nodiscard]] std::optional<std::size_t> read_at(off_t offset, std::span<char> buffer)
    {
        ssize_t count = 0;
        do {
            count = ::pread(descriptor_, buffer.data(), buffer.size(), offset);
        } while (count < 0 && errno == EINTR);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == ESRCH || errno == EOPNOTSUPP) return std::nullopt;
        throw_system_error(errno, "read", path());
    }

    // ioctl(2) with `argument`: its result, -1 if the kernel refuses.
    template <typename Argument>
    [[nodiscard]] int control(unsigned long request, Argument* argument) noexcept
    {
        return ::ioctl(descriptor_, request, argument);
    }

private:
    proc_path path_;
    int descriptor_;
};

// The text of a file that the kernel makes in one go and that fits `buffer`, as statm does; nothing
// if the process is gone or this kernel has no such file. Throws std::system_error, and parse_error
// if the file is longer.
[[nodiscard]] inline std::optional<std::string_view> read_small(proc_file& file,
                                                                std::span<char> buffer)
{
    if (!file.is_open()) return std::nullopt;
    const auto size = file.read_at(0, buffer);
    if (!size) return std::nullopt;

    const std::string_view text{buffer.data(), *size};
    if (text.size() == buffer.size()) throw parse_error{file.path(), 1, text, "a shorter file"};
    return text;
}

} // namespace heaplings::detail
