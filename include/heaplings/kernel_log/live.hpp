// The kernel log of this machine, where one may read it.
#pragma once

#include <heaplings/error.hpp>

#include <fcntl.h>
#include <sys/klog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace heaplings {

namespace detail {

// Why the kernel does not show its log, in words for the error `error` of `action`.
[[nodiscard]] inline std::string kernel_log_refusal(int error, std::string_view action)
{
    std::string why{action};
    if (error == ENOENT || error == ENXIO || error == ENODEV) {
        return why += " (a container mostly has no kernel log)";
    }
    if (error == ENOSYS) return why += " (this kernel keeps no log, or a filter forbids to ask)";
    if (error != EPERM && error != EACCES) return why;

    int restricted = -1;
    std::ifstream{"/proc/sys/kernel/dmesg_restrict"} >> restricted;
    if (restricted == 1) {
        why += " (kernel.dmesg_restrict is 1: only a process with the capability CAP_SYSLOG reads"
               " it; memory.events of a cgroup tells of kills without)";
    } else if (error == EACCES) {
        why += " (the permissions of the file do not allow it)";
    } else {
        why += " (the capability CAP_SYSLOG is missing)";
    }
    return why;
}

[[noreturn]] inline void throw_kernel_log_refusal(int error, std::string_view action)
{
    throw std::system_error{error, std::generic_category(), kernel_log_refusal(error, action)};
}

// An open file, closed at the end of the scope.
class log_descriptor
{
public:
    explicit log_descriptor(const std::string& path)
        : number_{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)}
    {
        if (number_ < 0) throw_kernel_log_refusal(errno, "cannot open " + path);
    }
    ~log_descriptor() { ::close(number_); }
    log_descriptor(const log_descriptor&) = delete;
    log_descriptor& operator=(const log_descriptor&) = delete;

    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

} // namespace detail

// All records that the kernel still has, in the form of /dev/kmsg: a text for read_oom_reports().
//
// Does not wait for new ones. `path` is the device; tests pass a file of their own. Records that
// are overwritten meanwhile are missing. Throws std::system_error, whose text says which permission
// is missing.
// Source: Documentation/ABI/testing/dev-kmsg of the kernel.
[[nodiscard]] inline std::string read_kmsg(const std::string& path = "/dev/kmsg")
{
    constexpr std::size_t longest_record = 8192;     // CONSOLE_EXT_LOG_MAX, PRINTKRB_RECORD_MAX
    constexpr std::size_t longest_log = 256U << 20U; // where a program writes as fast as we read
    const detail::log_descriptor kmsg{path};
    std::array<char, longest_record> record; // one a read
    std::string log;
    while (log.size() < longest_log) {
        const ssize_t size = ::read(kmsg.number(), record.data(), record.size());
        if (size > 0) {
            log.append(record.data(), static_cast<std::size_t>(size));
        } else if (size == 0 || errno == EAGAIN) {
            break;
        } else if (errno != EINTR && errno != EPIPE) { // EPIPE: some were overwritten
            detail::throw_kernel_log_refusal(errno, "cannot read " + path);
        }
    }
    return log;
}

// The same through klogctl(3), SYSLOG_ACTION_READ_ALL, in the form of dmesg -r: also where there
// is no /dev/kmsg.
//
// Throws std::system_error, whose text says which permission is missing.
[[nodiscard]] inline std::string read_kernel_buffer()
{
    constexpr int read_all = 3; // SYSLOG_ACTION_READ_ALL and ..._SIZE_BUFFER, syslog(2)
    constexpr int size_buffer = 10;
    const int size = ::klogctl(size_buffer, nullptr, 0);
    if (size < 0) detail::throw_kernel_log_refusal(errno, "cannot read the kernel log");
    std::string log(static_cast<std::size_t>(size), '\0');
    const int used = ::klogctl(read_all, log.data(), size);
    if (used < 0) detail::throw_kernel_log_refusal(errno, "cannot read the kernel log");
    log.resize(static_cast<std::size_t>(used));
    return log;
}

// The kernel log by the first of these two ways that works. Throws std::system_error as read_kmsg()
// does if none works.
[[nodiscard]] inline std::string read_kernel_log()
{
    try {
        return read_kmsg();
    } catch (const std::system_error&) {
        try {
            return read_kernel_buffer();
        } catch (const std::system_error&) {
        }
        throw; // why the first way does not work, which says more
    }
}

} // namespace heaplings
