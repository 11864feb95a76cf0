// The entries of a directory of /proc that are numbers: processes, or the threads of one.
#pragma once

#include <heaplings/error.hpp>

#include <dirent.h>
#include <sys/types.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

namespace heaplings::detail {

// Such a directory, open. What starts or ends meanwhile is seen or not.
class pid_entries
{
public:
    // Throws std::system_error if the directory can't be opened, but for one that is not there: the
    // process may be gone.
    explicit pid_entries(const std::string& path) : directory_{::opendir(path.c_str())}
    {
        if (directory_ != nullptr || errno == ENOENT || errno == ESRCH) return;
        throw_system_error(errno, "open", path);
    }
    ~pid_entries()
    {
        if (directory_ != nullptr) ::closedir(directory_);
    }
    pid_entries(const pid_entries&) = delete;
    pid_entries& operator=(const pid_entries&) = delete;

    // The next number, nothing after the last.
    [[nodiscard]] std::optional<pid_t> next() noexcept
    {
        if (directory_ == nullptr) return std::nullopt;
        while (const dirent* entry = ::readdir(directory_)) {
            pid_t pid = 0;
            const char* const last = entry->d_name + std::strlen(entry->d_name);
            const auto [end, error] = std::from_chars(entry->d_name, last, pid);
            if (error == std::errc{} && end == last) return pid;
        }
        return std::nullopt;
    }

private:
    DIR* directory_;
};

} // namespace heaplings::detail
