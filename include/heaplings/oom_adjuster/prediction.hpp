// The OOM score worked out as the kernel does it (oom_badness() in mm/oom_kill.c and
// proc_oom_score() in fs/proc/base.c).
#pragma once

#include <heaplings/cgroup/memory_cgroup.hpp>
#include <heaplings/oom_adjuster/capability.hpp>
#include <heaplings/oom_adjuster/formula.hpp>
#include <heaplings/proc/detail/pid_entries.hpp>
#include <heaplings/proc/meminfo.hpp>
#include <heaplings/proc/oom_score_adj.hpp>
#include <heaplings/proc/process_name.hpp>
#include <heaplings/proc/status.hpp>
#include <heaplings/units.hpp>

#include <linux/capability.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace heaplings {

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
    std::int64_t total_pages; // RAM and swap, or what a cgroup may have of them
    bool sees_first_init;     // pid 1 is the machine's first process, not a container's
    oom_formula formula = oom_formula::since_5_9;
};

// Reads `<proc>/meminfo`, `<proc>/sys/kernel/osrelease`, and `<proc>/self/ns/pid` for whether pid 1
// is the first process (the link reads pid:[4026531836] then: PROC_PID_INIT_INO in the kernel's
// linux/proc_ns.h).
// Throws as read_meminfo() does.
[[nodiscard]] inline oom_machine read_oom_machine(std::string_view proc = "/proc")
{
    const meminfo memory = read_meminfo(proc);
    const std::string link = std::string{proc} + "/self/ns/pid";
    return {(memory.total + memory.swap_total) / page_size(),
            detail::in_first_namespace(link.c_str(), "pid:[4026531836]"), read_oom_formula(proc)};
}

// The same for a shortage under the limit of `cgroup`: then the OOM killer takes that limit for the
// total, with the swap that the cgroup may have unless its swappiness is 0 (mem_cgroup_get_max() in
// mm/memcontrol.c). So a unit of oom_score_adj weighs less than /proc/<pid>/oom_score, which is of
// the machine, makes believe. Nothing if the cgroup has no limit of its own: see
// memory_cgroup::parent().
// Throws std::system_error, parse_error.
[[nodiscard]] inline std::optional<oom_machine> read_oom_machine(const memory_cgroup& cgroup,
                                                                 std::string_view proc = "/proc")
{
    const auto limit = cgroup.limit();
    if (!limit) return std::nullopt;
    oom_machine machine = read_oom_machine(proc);
    const std::string swappiness = cgroup.version() == cgroup_version::v1
                                       ? cgroup.file("memory.swappiness")
                                       : std::string{proc} + "/sys/vm/swappiness";
    bytes total = *limit;
    if (detail::read_control_number(swappiness) != 0U) {
        const bytes all = read_meminfo(proc).swap_total;
        total += std::min(all, cgroup.swap_limit().value_or(all));
    }
    machine.total_pages = std::max<std::int64_t>(1, total / page_size());
    return machine;
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

// Whether the process has CAP_SYS_ADMIN, which counted before Linux 4.17.
[[nodiscard]] inline bool is_administrator(const status& s) noexcept
{
    return (s.effective_capabilities.value_or(0) >> CAP_SYS_ADMIN & 1U) != 0;
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
// counts are those of another instant. `machine` is that of read_oom_machine(), for the shortage of
// the machine, which oom_score shows, or of a cgroup.
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
        const oom_size size{p.pages(), machine.total_pages, detail::is_administrator(*s)};
        p.badness = oom_badness(size, p.adj, machine.formula);
        p.score = oom_score(size, p.adj, machine.formula);
    }
    return p;
}

} // namespace heaplings
