// Reading a file of /proc that concerns the whole machine.
#pragma once

#include <heaplings/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstddef>
#include <string_view>

namespace heaplings::detail {

// The text of `<proc>/<name>`, read into a buffer of its own, best on the stack: no heap.
template <std::size_t Capacity>
class system_text
{
public:
    // Throws std::system_error if the file can't be read, parse_error if it does not fit.
    system_text(std::string_view proc, std::string_view name)
    {
        append_to_path(proc);
        append_to_path("/");
        append_to_path(name);
        path_[path_size_] = '\0';

        const int descriptor = ::open(path_, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) throw_system_error(errno, "open", path());
        const int error = read_all(descriptor);
        ::close(descriptor);
        if (error != 0) throw_system_error(error, "read", path());
        if (size_ == Capacity) throw parse_error{path(), 1, text(), "a shorter file"};
    }
    system_text(const system_text&) = delete;
    system_text& operator=(const system_text&) = delete;

    [[nodiscard]] std::string_view path() const noexcept { return {path_, path_size_}; }
    [[nodiscard]] std::string_view text() const noexcept { return {text_, size_}; }

private:
    void append_to_path(std::string_view part)
    {
        if (part.size() >= sizeof path_ - path_size_)
            throw_system_error(ENAMETOOLONG, "open", part);
        part.copy(path_ + path_size_, part.size());
        path_size_ += part.size();
    }

    // Reads to the end of the file or of the buffer: 0 or the errno value.
    int read_all(int descriptor) noexcept
    {
        while (size_ < Capacity) {
            const ssize_t count = ::read(descriptor, text_ + size_, Capacity - size_);
            if (count == 0) return 0;
            if (count > 0) size_ += static_cast<std::size_t>(count);
            if (count < 0 && errno != EINTR) return errno;
        }
        return 0;
    }

    char path_[PATH_MAX]; // up to path_size_
    std::size_t path_size_ = 0;
    char text_[Capacity]; // up to size_
    std::size_t size_ = 0;
};

} // namespace heaplings::detail
