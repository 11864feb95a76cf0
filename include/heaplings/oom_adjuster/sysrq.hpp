// Calling the OOM killer: sysrq f.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/lines.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>

namespace heaplings {

// Whether the kernel is one for this program alone, whose processes nobody misses: User-Mode Linux,
// as `heaplings kernel` starts it, by the vendor_id in `<proc>/cpuinfo` (arch/um/kernel/um_arch.c).
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error, parse_error.
[[nodiscard]] inline bool in_disposable_kernel(std::string_view proc = "/proc")
{
    detail::proc_file file{"cpuinfo", proc};
    if (!file.is_open()) return false;
    detail::line_reader<4096> lines{file};
    while (const auto line = lines.next()) {
        if (!line->rest().starts_with("vendor_id")) continue;
        return line->rest().ends_with(": User Mode Linux"); // one for each CPU, all the same
    }
    return false;
}

// Where a process may be killed, chosen by the kernel among all of the machine.
enum class oom_kill_on {
    disposable_kernel_only,
    any_machine_even_one_with_work_on_it,
};

// Has the kernel kill the process with the greatest badness now, short of memory or not: writes f
// to `<proc>/sysrq-trigger` (sysrq.rst in the kernel's admin-guide), for which kernel.sysrq need
// not allow anything.
//
// It returns at once; the kill comes a moment later. Wait for the victim, or for `oom_kills` of
// read_vmstat(). Nothing happens if no process may be killed.
// Throws std::runtime_error, without having asked the kernel, outside of a disposable kernel unless
// the caller insists; std::system_error if the kernel refuses: EACCES for who is not root, EROFS in
// a container, ENOENT without CONFIG_MAGIC_SYSRQ.
inline void trigger_oom_killer(oom_kill_on where = oom_kill_on::disposable_kernel_only,
                               std::string_view proc = "/proc")
{
    const std::string path = std::string{proc} + "/sysrq-trigger";
    if (where == oom_kill_on::disposable_kernel_only && !in_disposable_kernel(proc)) {
        throw std::runtime_error{"not writing f to " + path +
                                 ": this is no disposable kernel, and a process of the machine "
                                 "would be killed"};
    }
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) detail::throw_system_error(errno, "open", path);
    const int error = ::write(descriptor, "f", 1) == 1 ? 0 : errno;
    ::close(descriptor);
    if (error != 0) detail::throw_system_error(error, "write f to", path);
}

} // namespace heaplings
