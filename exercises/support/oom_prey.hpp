// Processes that meet the OOM killer, for specs that run in the disposable kernel.
//
// The spec's own process, the judge, must outlive them, and each must cause one kill, not two: see
// prey_of_oom_killer().
#pragma once

#include "support/disposable_kernel.hpp"
#include "support/fresh_child.hpp"

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/proc/meminfo.hpp>
#include <heaplings/proc/vmstat.hpp>
#include <heaplings/units.hpp>

#include <concepts>
#include <csignal>
#include <sched.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

// How many processes the OOM killer has killed since this kernel started (oom_kill in
// /proc/vmstat).
//
// Throws std::runtime_error where it is not counted, before Linux 4.13.
[[nodiscard]] inline long oom_kills()
{
    const auto counts = heaplings::read_vmstat();
    if (!counts || !counts->oom_kills) throw std::runtime_error{"no oom_kill in /proc/vmstat"};
    return static_cast<long>(*counts->oom_kills);
}

// A child that has ended, and what the machine looked like before it began and after its end.
struct prey
{
    pid_t pid = 0;
    int status = 0;        // waitpid(2)
    long kills_before = 0; // OOM kills
    long kills_after = 0;
    heaplings::bytes available{}; // memory, before
};

namespace detail {

// This process may be chosen, and is the only one that runs until it sleeps or has ended.
inline void become_prey(unsigned seconds)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    heaplings::write_oom_score_adj(0);
    const sched_param first{.sched_priority = 1};
    if (::sched_setscheduler(0, SCHED_FIFO, &first) != 0) fail("sched_setscheduler");
    ::alarm(seconds);
}

} // namespace detail

// Calls `body` in a child that may take all memory, and waits for the end. After `seconds` a child
// that still runs is ended by SIGALRM.
//
// The child is real-time: Linux 6.1 takes a victim for gone a moment before its memory is back
// (exit_mmap() in mm/mmap.c), and whoever asked for memory just then would cause a second kill, or
// a panic if nobody is left to be killed.
//
// Throws std::logic_error outside the disposable kernel, for there is no second machine to lose.
[[nodiscard]] inline prey prey_of_oom_killer(const std::invocable auto& body, unsigned seconds = 5)
{
    if (!in_disposable_kernel()) throw std::logic_error{"not in the disposable kernel"};
    outlive_oom_killer();
    prey seen;
    seen.kills_before = oom_kills();
    seen.available = heaplings::read_meminfo().available.value();
    std::fflush(nullptr); // else the child would write what is buffered a second time
    seen.pid = ::fork();
    if (seen.pid < 0) detail::fail("fork");
    if (seen.pid == 0) {
        [&]() noexcept {
            detail::become_prey(seconds);
            body();
        }();
        ::_exit(0);
    }
    while (::waitpid(seen.pid, &seen.status, 0) < 0) {
        if (errno != EINTR) detail::fail("waitpid");
    }
    seen.kills_after = oom_kills();
    return seen;
}

} // namespace support
