// The OOM killer, for specs that let it choose: processes with memory for it to choose from, and,
// in the disposable kernel, the killer itself.
#pragma once

#include "support/disposable_kernel.hpp"

#include <heaplings/units.hpp>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace support {

// Has the kernel kill whom it finds worst, as at a shortage of memory (sysrq f, see the kernel's
// Documentation/admin-guide/sysrq.rst). It does so a moment later: wait for the victim's end.
//
// Throws std::logic_error outside the disposable kernel.
inline void call_oom_killer()
{
    if (!in_disposable_kernel()) throw std::logic_error{"sysrq f is for the disposable kernel"};
    const int trigger = ::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    const bool called = trigger >= 0 && ::write(trigger, "f", 1) == 1;
    const int error = errno;
    ::close(trigger);
    if (!called) throw std::system_error{error, std::generic_category(), "/proc/sysrq-trigger"};
}

struct mapping
{
    void* address;
    std::size_t size;
};

// Maps `size` bytes and has the kernel provide each page. Stays until the process ends.
inline mapping occupy(heaplings::bytes size)
{
    const auto length = static_cast<std::size_t>(size.count());
    void* const memory =
        ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error{errno, std::generic_category(), "mmap"};
#ifdef MADV_POPULATE_WRITE // Linux 5.14; much faster in the disposable kernel
    if (::madvise(memory, length, MADV_POPULATE_WRITE) == 0) return {memory, length};
#endif
    for (std::size_t at = 0; at < length; at += 4096) {
        static_cast<volatile char*>(memory)[at] = 1;
    }
    return {memory, length};
}

// A forked child that has done `body` and then stopped, so that its numbers stay as they are. It is
// killed at the end of the scope, or by the OOM killer.
//
// Throws std::runtime_error if it ended rather than stopped.
class stopped_child
{
public:
    template <class Body>
    explicit stopped_child(Body body)
    {
        std::fflush(nullptr); // else the child would write what is buffered a second time
        pid_ = ::fork();
        if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
        if (pid_ == 0) run(body);
        int status = 0;
        while (::waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) continue;
        if (WIFSTOPPED(status)) return;
        has_ended_ = true;
        throw std::runtime_error{"the child ended before it had stopped"};
    }
    ~stopped_child()
    {
        if (has_ended_) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    stopped_child(const stopped_child&) = delete;
    stopped_child& operator=(const stopped_child&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

    // Lets it go on until it stops again.
    void next()
    {
        ::kill(pid_, SIGCONT);
        int status = 0;
        while (::waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) continue;
        has_ended_ = !WIFSTOPPED(status);
        if (has_ended_) throw std::runtime_error{"the child ended rather than stop again"};
    }

    // Told of the pid that waitpid(2) returned.
    void note_end_of(pid_t ended) { has_ended_ = has_ended_ || ended == pid_; }

private:
    template <class Body>
    [[noreturn]] static void run(Body& body) noexcept
    {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        while (true) ::raise(SIGSTOP);
    }

    pid_t pid_ = -1;
    bool has_ended_ = false;
};

} // namespace support
