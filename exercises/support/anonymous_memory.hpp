// How much memory of its own this process occupies, for specs that watch it grow and shrink.
//
// Anonymous pages only: the resident set size as a whole also counts pages of files, such as those
// of a library whose function is called for the first time.
#pragma once

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

namespace support {

// RssAnon of /proc/self/status in KiB (proc_pid_status(5)). It obtains no memory from malloc.
//
// Throws std::system_error if the file can't be read, std::runtime_error if it has no such line.
[[nodiscard]] inline long anonymous_kib()
{
    const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0) throw std::system_error{errno, std::generic_category(), "/proc/self/status"};
    std::array<char, 16 * 1024> text;
    const ssize_t size = ::read(file, text.data(), text.size() - 1);
    ::close(file);
    text[size > 0 ? static_cast<std::size_t>(size) : 0] = '\0';
    constexpr const char* key = "\nRssAnon:";
    const char* const line = std::strstr(text.data(), key);
    if (line == nullptr) throw std::runtime_error{"no RssAnon in /proc/self/status"};
    return std::strtol(line + std::strlen(key), nullptr, 10);
}

// From now on this process gets ordinary pages only: a transparent huge page would bring 511
// neighbours along with each page that is touched (PR_SET_THP_DISABLE, prctl(2)).
inline void no_huge_pages()
{
    ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

} // namespace support
