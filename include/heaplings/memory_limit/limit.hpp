// How much memory and time a child process may take, and what holds it to that.
#pragma once

#include <heaplings/units.hpp>

#include <chrono>
#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// What may hold a process to a limit, best first.
enum class memory_limiter {
    cgroup_v2,     // a cgroup of our own (cgroup-v2.rst in the kernel's admin-guide)
    cgroup_v1,     // the same in the older hierarchy (cgroup-v1/memory.rst)
    systemd_scope, // a transient scope from the user's service manager (systemd.scope(5))
    address_space, // RLIMIT_AS (setrlimit(2)): refuses allocations, kills nobody
};

inline constexpr memory_limiter all_memory_limiters[] = {
    memory_limiter::cgroup_v2, memory_limiter::cgroup_v1, memory_limiter::systemd_scope,
    memory_limiter::address_space};

[[nodiscard]] constexpr std::string_view to_string(memory_limiter limiter) noexcept
{
    switch (limiter) {
    case memory_limiter::cgroup_v2:
        return "cgroup v2";
    case memory_limiter::cgroup_v1:
        return "cgroup v1";
    case memory_limiter::systemd_scope:
        return "systemd scope";
    case memory_limiter::address_space:
        break;
    }
    return "RLIMIT_AS";
}

inline std::ostream& operator<<(std::ostream& out, memory_limiter limiter)
{
    return out << to_string(limiter);
}

// The limits of a child process.
struct memory_limit
{
    // What it may take beyond what it has from its caller at the start. A cgroup counts pages that
    // are touched; the address space counts all that is mapped, touched or not.
    bytes memory;

    // What it may have in swap on top; nothing: all that there is. No swap makes the end come
    // sooner and at the same place each time. RLIMIT_AS does not know swap.
    std::optional<bytes> swap = bytes{0};

    std::chrono::milliseconds time{10'000}; // on the wall; then it is killed

    std::optional<memory_limiter> only = std::nullopt; // this one or none; else the best there is
};

} // namespace heaplings
