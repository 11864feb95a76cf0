// What holds a child process to its limit, as the process that keeps the child sees it.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/memory_limit/limited_run.hpp>
#include <heaplings/proc/statm.hpp>

#include <sys/resource.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace heaplings::detail {

// The keeper makes one, forks the child, lets admit() and the child's join() put it in place, and
// ends with remove(), after which nothing is left.
class containment
{
public:
    containment() = default;
    virtual ~containment() = default;
    containment(const containment&) = delete;
    containment& operator=(const containment&) = delete;

    // In the keeper, while the child waits. Throws std::exception: why it can't be held this way.
    virtual void admit(pid_t child) { (void)child; }

    // In the child, before its callable: 0 or an errno value. Allocates nothing.
    [[nodiscard]] virtual int join() noexcept { return 0; }

    // In the keeper, when the child has ended: what the kernel has counted.
    virtual void tell(limited_run& run) const { (void)run; }

    // Kills every process in it and removes it. Throws std::system_error if that can't be done.
    virtual void remove() {}
};

// RLIMIT_AS: what the process has mapped at its start, and the limit on top.
class address_space final : public containment
{
public:
    explicit address_space(bytes limit) noexcept : limit_{limit} {}

    [[nodiscard]] int join() noexcept override
    try {
        rlimit now{};
        if (::getrlimit(RLIMIT_AS, &now) != 0) return errno;
        const auto mapped = read_statm();
        if (!mapped) return ENOENT;
        const rlim_t wanted = static_cast<rlim_t>((mapped->size + limit_).count());
        const rlimit lower{std::min(now.rlim_cur, wanted), now.rlim_max};
        return ::setrlimit(RLIMIT_AS, &lower) == 0 ? 0 : errno;
    } catch (const std::system_error& error) {
        return error.code().value();
    } catch (...) {
        return EIO;
    }

private:
    bytes limit_;
};

} // namespace heaplings::detail
