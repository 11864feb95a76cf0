// The OOM score worked out as the kernel does it (oom_badness() in mm/oom_kill.c and
// proc_oom_score() in fs/proc/base.c, Linux >= 5.9).
#pragma once

#include <heaplings/oom_adjuster/capability.hpp>
#include <heaplings/proc/detail/pid_entries.hpp>
#include <heaplings/proc/meminfo.hpp>
#include <heaplings/proc/oom_score_adj.hpp>
#include <heaplings/proc/process_name.hpp>
#include <heaplings/proc/status.hpp>
#include <heaplings/units.hpp>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace heaplings {

// The badness of a process, by which the OOM killer compares: the pages that killing it would free,
// and for each unit of `adj` a thousandth of `total_pages` more. Negative if a negative `adj`
// outweighs the pages.
//
// `pages` are those in RAM, in swap and of page tables; `total_pages` those of RAM and swap;
// `adj` is oom_score_adj. The thousandth is rounded down before it is multiplied.
[[nodiscard]] constexpr std::int64_t oom_badness(std::int64_t pages, std::int64_t total_pages,
                                                 int adj) noexcept
{
    return pages + adj * (total_pages / 1000);
}

// What /proc/<pid>/oom_score shows for that badness, 0 to 1333: 666 is a process without pages and
// with `adj` 0, a process at the minimum of `adj` scores 0. `total_pages` is positive.
[[nodiscard]] constexpr int oom_score(std::int64_t pages, std::int64_t total_pages,
                                      int adj) noexcept
{
    if (adj == oom_score_adj_min) return 0;
    const std::int64_t thousandths = oom_badness(pages, total_pages, adj) * 1000 / total_pages;
    return static_cast<int>((1000 + thousandths) * 2 / 3);
}

// Why the OOM killer never chooses a process.
enum class oom_exemption {
    none,          // it may
    kernel_thread, // has no memory of its own
    exited,        // a zombie: its memory is free already
    init,          // the machine's first process; another pid namespace's is not exempt
    minimum,       // oom_score_adj is -1000
};

[[nodiscard]] constexpr std::string_view to_string(oom_exemption exemption) noexcept
{
    switch (exemption) {
    case oom_exemption::none:
        return "not exempt";
    case oom_exemption::kernel_thread:
        return "kernel thread";
    case oom_exemption::exited:
        return "has exited";
    case oom_exemption::init:
        return "init";
    case oom_exemption::minimum:
        break;
    }
    return "oom_score_adj is -1000";
}

inline std::ostream& operator<<(std::ostream& out, oom_exemption exemption)
{
    return out << to_string(exemption);
}

// What the OOM killer takes into account of the machine.
struct oom_machine
{
    std::int64_t total_pages; // RAM and swap
    bool sees_first_init;     // pid 1 is the machine's first process, not a container's
};

// Reads `<proc>/meminfo`, and `<proc>/self/ns/pid` for whether pid 1 is the first process (the link
// reads pid:[4026531836] then: PROC_PID_INIT_INO in the kernel's linux/proc_ns.h).
// Throws as read_meminfo() does.
[[nodiscard]] inline oom_machine read_oom_machine(std::string_view proc = "/proc")
{
    const meminfo memory = read_meminfo(proc);
    const std::string link = std::string{proc} + "/self/ns/pid";
    return {(memory.total + memory.swap_total) / page_size(),
            detail::in_first_namespace(link.c_str(), "pid:[4026531836]")};
}

// A process as the OOM killer sees it.
struct oom_prediction
{
    process_name name;
    bytes resident;
    bytes swapped;
    bytes page_tables;
    int adj = 0;
    oom_exemption exemption = oom_exemption::none;
    std::int64_t badness = 0; // in pages; of no meaning for an exempt process
    int score = 0;            // what <pid>/oom_score should show

    [[nodiscard]] std::int64_t pages() const noexcept
    {
        return (resident + swapped + page_tables) / page_size();
    }
};

namespace detail {

// The status of a thread of `process` that still has the process's memory; nothing if there is
// none.
[[nodiscard]] inline std::optional<status> status_of_live_thread(process_id process,
                                                                 std::string_view proc)
{
    pid_entries threads{proc_path{proc, process, "task"}.view()};
    while (const auto thread = threads.next()) {
        const auto s = read_status(process_id{*thread}, proc);
        if (s && s->resident) return s;
    }
    return std::nullopt;
}

[[nodiscard]] constexpr bool has_exited(const status& s) noexcept
{
    return s.state == 'Z' || s.state == 'X';
}

} // namespace detail

// Works out from `<proc>/<pid>/status` and oom_score_adj what the kernel shows in oom_score;
// nothing if the process is gone.
//
// Two kinds of processes score 0 in the kernel and can't be told from outside: a child of vfork(2)
// before it calls exec, and a process whose memory the OOM reaper has already taken. The kernel's
// counts are those of another instant, and inside a memory cgroup the OOM killer takes the
// cgroup's limit for the total, which /proc does not show.
// `proc` is the mount point; tests pass a directory of their own.
// Throws as read_status() and read_oom_score_adj() do.
[[nodiscard]] inline std::optional<oom_prediction>
predict_oom_score(process_id process, const oom_machine& machine, std::string_view proc = "/proc")
{
    auto s = read_status(process, proc);
    const auto adj = read_oom_score_adj(process, proc);
    if (!s || !adj) return std::nullopt;

    oom_prediction p;
    p.name = s->name;
    p.adj = *adj;
    const bool leader_exited = detail::has_exited(*s);
    const bool is_init = s->thread_group == 1 && machine.sees_first_init;
    if (!s->resident && leader_exited && s->threads > 1) {
        if (const auto live = detail::status_of_live_thread(process, proc)) s = live;
    }
    if (s->resident) {
        p.resident = *s->resident;
        p.swapped = s->swapped.value_or(bytes{0});
        p.page_tables = s->page_tables.value_or(bytes{0});
    }

    if (s->kernel_thread.value_or(!s->resident && !leader_exited)) {
        p.exemption = oom_exemption::kernel_thread;
    } else if (!s->resident) {
        p.exemption = oom_exemption::exited;
    } else if (is_init) {
        p.exemption = oom_exemption::init;
    } else if (p.adj == oom_score_adj_min) {
        p.exemption = oom_exemption::minimum;
    } else {
        p.badness = oom_badness(p.pages(), machine.total_pages, p.adj);
        p.score = oom_score(p.pages(), machine.total_pages, p.adj);
    }
    return p;
}

} // namespace heaplings
