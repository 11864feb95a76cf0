// The control files of a cgroup: short texts that are read and written in one go.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/units.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heaplings::detail {

// A control file's text; nothing if the cgroup has no such file: another version, an older kernel,
// a controller that is not enabled. Throws std::system_error.
[[nodiscard]] inline std::optional<std::string> read_control(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        if (errno == ENOENT || errno == ENODEV) return std::nullopt;
        throw_system_error(errno, "open", path);
    }
    std::string text;
    char buffer[4096];
    ssize_t size = 0;
    while ((size = ::read(descriptor, buffer, sizeof buffer)) > 0) {
        text.append(buffer, static_cast<std::size_t>(size));
    }
    const int error = errno;
    ::close(descriptor);
    if (size < 0 && error == ENODEV) return std::nullopt; // the cgroup was removed meanwhile
    if (size < 0) throw_system_error(error, "read", path);
    return text;
}

// Writes `text`: 0, or the errno value of the kernel's refusal. It allocates nothing, so that a new
// process may call it.
[[nodiscard]] inline int write_control(const char* path, std::string_view text) noexcept
{
    const int descriptor = ::open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    const int error = ::write(descriptor, text.data(), text.size()) < 0 ? errno : 0;
    ::close(descriptor);
    return error;
}

// The same; throws std::system_error if refused.
inline void must_write_control(const std::string& path, std::string_view text)
{
    if (const int error = write_control(path.c_str(), text); error != 0) {
        const std::string_view line = text.substr(0, text.find('\n'));
        throw_system_error(error, "write " + std::string{line} + " to", path);
    }
}

// The number in a file of one; nothing if there is no such file, or where it says "max". Throws
// std::system_error, parse_error.
[[nodiscard]] inline std::optional<std::uint64_t> read_control_number(const std::string& path)
{
    const auto text = read_control(path);
    if (!text || *text == "max\n") return std::nullopt;
    fields line{path, 1, *text};
    const auto number = line.number<std::uint64_t>();
    if (line.rest() != "\n") line.fail("one number");
    return number;
}

// The number behind `key` in a file of lines `key number`; nothing if there is no such file or key.
// Throws std::system_error, parse_error.
[[nodiscard]] inline std::optional<std::uint64_t> read_control_key(const std::string& path,
                                                                   std::string_view key)
{
    const auto text = read_control(path);
    if (!text) return std::nullopt;
    std::size_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
        const auto end = rest.find('\n');
        fields line{path, ++number, rest.substr(0, end)};
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (line.before(' ') != key) continue;
        const auto value = line.number<std::uint64_t>();
        line.expect_end();
        return value;
    }
    return std::nullopt;
}

// Whether `controller` is in a file that names controllers, separated by blanks, as
// cgroup.controllers does; no, too, if there is no such file. Throws std::system_error.
[[nodiscard]] inline bool names_controller(const std::string& path, std::string_view controller)
{
    const auto text = read_control(path);
    if (!text) return false;
    std::string_view rest{*text};
    while (!rest.empty()) {
        const auto length = rest.find_first_of(" \n");
        if (rest.substr(0, length) == controller) return true;
        rest.remove_prefix(length == rest.npos ? rest.size() : length + 1);
    }
    return false;
}

} // namespace heaplings::detail
