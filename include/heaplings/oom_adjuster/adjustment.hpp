// Writing oom_score_adj: once, or for the length of a scope.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/oom_adjuster/capability.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace heaplings {

namespace detail {

// The oom_score_adj of one process, open for reading and writing. It stays that process's: should
// another one get the pid, the kernel answers ESRCH here.
//
// By open(2) and write(2), because a buffered stream would hide the kernel's refusal.
class oom_score_adj_file
{
public:
    // Throws std::system_error, ESRCH if the process is gone.
    oom_score_adj_file(process_id process, std::string_view proc)
        : path_{proc, process, "oom_score_adj"},
          descriptor_(::open(path_.c_str(), O_RDWR | O_CLOEXEC))
    {
        if (descriptor_ >= 0) return;
        const int error = errno;
        if (is_gone(error, process)) throw_system_error(ESRCH, "open", path());
        throw_system_error(error, "open", with_reason(why_not_opened(error)));
    }
    ~oom_score_adj_file()
    {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    oom_score_adj_file(const oom_score_adj_file&) = delete;
    oom_score_adj_file& operator=(const oom_score_adj_file&) = delete;

    // The value now. Throws std::system_error, parse_error.
    [[nodiscard]] int read() const
    {
        char buffer[32];
        const ssize_t size = ::pread(descriptor_, buffer, sizeof buffer, 0);
        if (size < 0) throw_system_error(errno, "read", path());
        return parse_oom_score_adj(path(), {buffer, static_cast<std::size_t>(size)});
    }

    // 0, or the errno value of the kernel's refusal.
    [[nodiscard]] int write(int adj) const noexcept
    {
        char text[16];
        const auto last = std::to_chars(text, std::end(text), adj).ptr;
        const ssize_t count = ::pwrite(descriptor_, text, static_cast<std::size_t>(last - text), 0);
        return count < 0 ? errno : 0;
    }

    // That write(adj) was refused with `error`, for people.
    [[noreturn]] void throw_refused(int adj, int error) const
    {
        throw_system_error(error, "write " + std::to_string(adj) + " to",
                           with_reason(why_not_written(error)));
    }

    // Why the kernel refuses a write with `error`; null if the errno value says it all.
    [[nodiscard]] static const char* why_not_written(int error) noexcept
    {
        if (error == EINVAL) return "the range is -1000 to 1000";
        if (error != EACCES) return nullptr;
        if (!has_sys_resource_capability()) {
            return "lower than the value last set with CAP_SYS_RESOURCE, a capability that this "
                   "thread has not, whoever its user";
        }
        if (!in_first_user_namespace()) {
            return "lower than the value last set with CAP_SYS_RESOURCE, which does not count in "
                   "this user namespace";
        }
        return nullptr;
    }

    [[nodiscard]] std::string_view path() const noexcept { return path_.view(); }

private:
    [[nodiscard]] bool is_gone(int error, process_id process) noexcept
    {
        return error == ESRCH || (error == ENOENT && !process.is_self() && path_.mount_exists() &&
                                  !path_.process_exists());
    }

    // The kernel gives a process's files to its effective user, and to root once the process is not
    // dumpable; the directory stays with the user.
    [[nodiscard]] const char* why_not_opened(int error) const
    {
        if (error == EROFS) return "the proc file system is mounted read-only";
        const std::string directory{path().substr(0, path().rfind('/'))};
        struct stat file;
        struct stat process;
        if (error != EACCES || ::stat(path_.c_str(), &file) != 0 ||
            ::stat(directory.c_str(), &process) != 0) {
            return nullptr;
        }
        if (file.st_uid != process.st_uid) {
            return "the process is not dumpable, as after setuid or a program with capabilities, "
                   "so that the file is root's: see PR_SET_DUMPABLE in prctl(2)";
        }
        return "the process belongs to another user";
    }

    [[nodiscard]] std::string with_reason(const char* reason) const
    {
        std::string text{path()};
        if (reason != nullptr) text.append(" (").append(reason).append(")");
        return text;
    }

    proc_path path_;
    int descriptor_;
};

} // namespace detail

// Writes `adj`, -1000 to 1000, to `<proc>/<pid>/oom_score_adj` (proc_pid_oom_score_adj(5)): each
// unit makes the process look as if it used a thousandth of RAM and swap more, or less. Children
// inherit the value; -1000 exempts from the OOM killer.
//
// Throws std::system_error. The text says why the kernel refused:
// - EACCES when writing: lower than the value that was last set with CAP_SYS_RESOURCE;
// - EACCES when opening: another user's process, or one that is not dumpable, as after setuid(2);
// - EINVAL: out of range;
// - ESRCH: the process is gone.
inline void write_oom_score_adj(int adj, process_id process = this_process,
                                std::string_view proc = "/proc")
{
    const detail::oom_score_adj_file file{process, proc};
    if (const int error = file.write(adj); error != 0) file.throw_refused(adj, error);
}

// Another oom_score_adj for the length of a scope.
//
//     {
//         scoped_oom_score_adj first_to_go{500};
//         ...
//     } // as before; a line on stderr if that was refused
//
// The file stays open in between, so that the value goes back to the same process even when its pid
// has been given to another, and after setuid. It may be refused all the same: who raised the value
// with CAP_SYS_RESOURCE and dropped that since can't lower it. A child made by fork(2) that leaves
// the scope restores its parent's value.
class scoped_oom_score_adj
{
public:
    // Writes `adj`. Throws as write_oom_score_adj() does; then nothing has changed.
    explicit scoped_oom_score_adj(int adj, process_id process = this_process,
                                  std::string_view proc = "/proc")
        : file_{process, proc}, previous_{file_.read()}
    {
        if (const int error = file_.write(adj); error != 0) file_.throw_refused(adj, error);
    }

    // Restores the previous value if restore() was not called. A failure goes to stderr.
    ~scoped_oom_score_adj()
    {
        if (restore_called_ || restore()) return;
        const char* const reason = file_.why_not_written(error_);
        std::fprintf(stderr, "heaplings: cannot restore %d in %s: %s%s%s\n", previous_,
                     file_.path().data(), std::strerror(error_), reason == nullptr ? "" : ": ",
                     reason == nullptr ? "" : reason);
    }
    scoped_oom_score_adj(const scoped_oom_score_adj&) = delete;
    scoped_oom_score_adj& operator=(const scoped_oom_score_adj&) = delete;

    // What is restored.
    [[nodiscard]] int previous() const noexcept { return previous_; }

    // Restores the previous value now: false if the kernel refuses, of which failure() tells and
    // throw_failure() the reason in words. A process that is gone has nothing to restore. May be
    // called again.
    [[nodiscard]] bool restore() noexcept
    {
        restore_called_ = true;
        error_ = file_.write(previous_);
        if (error_ == ESRCH) error_ = 0;
        return error_ == 0;
    }

    // Why the last restore() failed; no error if it did not.
    [[nodiscard]] std::error_code failure() const noexcept
    {
        return {error_, std::generic_category()};
    }

    // Throws the std::system_error of write_oom_score_adj() if the last restore() failed.
    void throw_failure() const
    {
        if (error_ != 0) file_.throw_refused(previous_, error_);
    }

private:
    detail::oom_score_adj_file file_;
    int previous_;
    bool restore_called_ = false;
    int error_ = 0;
};

} // namespace heaplings
