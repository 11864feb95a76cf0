// What became of a child process that ran under a memory limit.
#pragma once

#include <heaplings/memory_limit/limit.hpp>
#include <heaplings/units.hpp>

#include <csignal>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace heaplings {

// The facts, each by itself: a child may have been refused memory, gone on and been killed.
struct limited_run
{
    // How often the OOM killer has killed in the child's cgroup, read before it started and after
    // its end.
    struct oom_kill_count
    {
        std::string file;
        std::uint64_t before = 0;
        std::uint64_t after = 0;
    };

    memory_limiter limiter{}; // what held it
    std::string cgroup;       // the directory it was in; empty under RLIMIT_AS
    std::string passed_over;  // a line for each better limiter, with the reason why not that one

    std::optional<int> exit_status; // what the callable returned, unless it called exit(3)
    std::optional<int> signal;      // what killed it
    bool timed_out = false;         // then `signal` is ours

    // Whether operator new was out of memory in the child or std::bad_alloc left the callable.
    bool allocation_refused = false;
    std::optional<std::string> exception; // what() of an exception that left the callable

    std::optional<oom_kill_count> oom_kills; // nothing under RLIMIT_AS and before Linux 4.13
    std::optional<std::uint64_t> limit_hits; // how often an allocation met the limit; v2 only
    std::optional<bytes> peak;               // the most that the cgroup had in RAM at one time
    bool swap_limited = false; // no, where the kernel does not count swap; a hog then swaps first

    // Whether the OOM killer killed the child: by SIGKILL, which anyone may send, and it counts a
    // victim in the child's cgroup. It need not have been for this limit: with `peak` far below
    // it, or `limit_hits` 0, the shortage was elsewhere.
    [[nodiscard]] bool oom_killed() const noexcept
    {
        return signal == SIGKILL && !timed_out && oom_kills && oom_kills->after > oom_kills->before;
    }
};

// One sentence, for people and failing tests: `killed by the OOM killer (memory.events oom_kill
// 0 -> 1) under cgroup v2`.
inline std::ostream& operator<<(std::ostream& out, const limited_run& run)
{
    if (run.timed_out) {
        out << "stopped at the time limit";
    } else if (run.oom_killed()) {
        out << "killed by the OOM killer";
    } else if (run.signal) {
        out << "killed by signal " << *run.signal;
    } else if (run.exception) {
        out << "left by an exception: " << *run.exception;
    } else {
        out << "exited with " << run.exit_status.value_or(-1);
    }
    if (run.oom_kills) {
        const std::string& file = run.oom_kills->file;
        out << " (" << file.substr(file.rfind('/') + 1) << " oom_kill " << run.oom_kills->before
            << " -> " << run.oom_kills->after << ")";
    }
    if (run.allocation_refused) out << ", an allocation was refused";
    return out << ", under " << run.limiter;
}

} // namespace heaplings
