// What the kernel writes to its log when memory runs out, as values.
#pragma once

#include <heaplings/units.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings {

// Why the OOM killer was called. Kernels before 5.0 do not tell `cpuset` and `memory_policy` from
// `global`.
enum class oom_trigger {
    global,        // the machine is out of memory
    memory_cgroup, // a control group is at its limit
    cpuset,        // the memory nodes of a cpuset are full (cpuset(7))
    memory_policy, // those of a policy are (set_mempolicy(2))
    sysrq,         // someone asked for it: Alt+SysRq+f, or f in /proc/sysrq-trigger
};

// From where memory could have come: enum oom_constraint in the kernel's linux/oom.h.
enum class oom_constraint { none, cpuset, memory_policy, memory_cgroup };

[[nodiscard]] constexpr std::string_view to_string(oom_trigger trigger) noexcept
{
    switch (trigger) {
    case oom_trigger::global:
        return "global";
    case oom_trigger::memory_cgroup:
        return "memory cgroup";
    case oom_trigger::cpuset:
        return "cpuset";
    case oom_trigger::memory_policy:
        return "memory policy";
    case oom_trigger::sysrq:
        break;
    }
    return "sysrq";
}

// As the kernel writes it: CONSTRAINT_NONE and so on.
[[nodiscard]] constexpr std::string_view to_string(oom_constraint constraint) noexcept
{
    switch (constraint) {
    case oom_constraint::none:
        return "CONSTRAINT_NONE";
    case oom_constraint::cpuset:
        return "CONSTRAINT_CPUSET";
    case oom_constraint::memory_policy:
        return "CONSTRAINT_MEMORY_POLICY";
    case oom_constraint::memory_cgroup:
        break;
    }
    return "CONSTRAINT_MEMCG";
}

// A process that was killed, from the line `Killed process`. Absent is what that kernel did not
// write: sizes before 2.6.34 and of a process that shared the victim's memory, shmem before 4.5,
// page tables and oom_score_adj before 5.4, the user before 5.4 but for some distributions.
struct oom_victim
{
    pid_t pid = 0;
    std::string name; // raw: may hold blanks, parentheses, newlines
    std::optional<uid_t> uid;
    std::optional<bytes> total_vm;
    std::optional<bytes> anon;        // resident, not backed by a file
    std::optional<bytes> file;        // resident, of files
    std::optional<bytes> shmem;       // resident, of tmpfs and shared memory
    std::optional<bytes> page_tables; // early releases of 5.4 wrote bytes and called them kB
    std::optional<int> oom_score_adj;
    int times_printed = 1; // 2 for the first victim of a group kill

    // What was resident when the process was killed.
    [[nodiscard]] bytes resident() const noexcept
    {
        return anon.value_or(bytes{}) + file.value_or(bytes{}) + shmem.value_or(bytes{});
    }
    [[nodiscard]] friend bool operator==(const oom_victim&, const oom_victim&) = default;
};

// The process that had the highest badness. Mostly it is the victim; up to Linux 5.0 one of its
// children could be killed in its place.
struct oom_choice
{
    pid_t pid = 0;
    std::string name;
    std::optional<uid_t> uid;            // from 5.0 on
    std::optional<std::int64_t> badness; // up to 5.0; in thousandths of the memory from 2.6.36 on
    [[nodiscard]] friend bool operator==(const oom_choice&, const oom_choice&) = default;
};

// A row of the task table: a process that could have been killed. Absent is what the table of that
// kernel has no column for.
struct oom_task
{
    pid_t pid = 0;
    uid_t uid = 0;
    pid_t tgid = 0;
    bytes total_vm;
    bytes resident;
    std::optional<bytes> anon; // these three from 6.8 on
    std::optional<bytes> file;
    std::optional<bytes> shmem;
    std::optional<bytes> page_tables; // all levels that have a column
    std::optional<bytes> swapped;
    std::optional<int> oom_adj; // 2.6.32
    std::optional<int> oom_score_adj;
    std::string name;
    [[nodiscard]] friend bool operator==(const oom_task&, const oom_task&) = default;
};

// What the oom_reaper wrote of a victim: what was left after it took the memory away.
struct oom_reaping
{
    pid_t pid = 0;
    std::string name;
    bool succeeded = true; // false: "unable to reap"
    std::optional<bytes> anon;
    std::optional<bytes> file;
    std::optional<bytes> shmem;
    [[nodiscard]] friend bool operator==(const oom_reaping&, const oom_reaping&) = default;
};

// A counter of a memory cgroup.
struct oom_cgroup_counter
{
    bytes usage;
    bytes limit;
    std::uint64_t failures = 0; // how often the limit was hit

    // Without a limit the kernel writes nearly 8 EiB.
    [[nodiscard]] bool is_limited() const noexcept { return limit < (bytes{1} * (1LL << 62)); }
    [[nodiscard]] friend bool operator==(const oom_cgroup_counter&,
                                         const oom_cgroup_counter&) = default;
};

// One call of the OOM killer. Absent is what that kernel does not write, or what was cut off; of
// more than 10 calls in 5 seconds the kernel writes only the kill.
struct oom_report
{
    std::size_t first_line = 0; // of the text, from 1
    std::size_t last_line = 0;
    std::optional<std::chrono::microseconds> since_boot; // of the first line

    std::optional<oom_trigger> trigger;
    std::optional<oom_constraint> constraint; // from 5.0 on
    bool kills_allocating_task = false;       // vm.oom_kill_allocating_task: no choice was made

    std::optional<std::string> invoker; // the process that asked for memory
    std::optional<pid_t> invoker_pid;
    std::optional<int> invoker_oom_score_adj;
    std::optional<std::uint64_t> gfp_mask; // how it asked; the names of the bits differ by kernel
    std::optional<std::string> gfp_names;  // "GFP_KERNEL|__GFP_ZERO", from 4.6 on
    std::optional<int> order;              // it asked for 2^order pages; -1 is sysrq

    std::optional<std::string> nodemask; // "(null)": any node
    std::optional<std::string> cpuset;
    std::optional<std::string> mems_allowed;

    std::optional<std::string> oom_cgroup;  // the one at its limit
    std::optional<std::string> task_cgroup; // the victim's
    std::optional<std::string> group_kill;  // the one killed whole: memory.oom.group
    std::optional<oom_cgroup_counter> memory;
    std::optional<oom_cgroup_counter> memory_and_swap; // cgroup v1
    std::optional<oom_cgroup_counter> swap;            // cgroup v2
    std::optional<oom_cgroup_counter> kernel_memory;   // cgroup v1

    std::vector<std::string> task_columns; // as printed: "pid", "uid", ... "name"
    std::vector<oom_task> tasks;

    std::optional<oom_choice> chosen;
    std::vector<oom_victim> victims; // each process once
    std::vector<oom_reaping> reaped;
    bool no_killable_process = false;
    bool panicked = false;

    // Whether its beginning is not there: cut off, or never written.
    [[nodiscard]] bool is_headless() const noexcept { return !invoker; }
    [[nodiscard]] friend bool operator==(const oom_report&, const oom_report&) = default;
};

// A line that looks like part of a report and could not be used.
struct unread_line
{
    std::size_t line = 0; // from 1
    std::string text;     // the message, at most 200 bytes of it
    std::string_view why;
    [[nodiscard]] friend bool operator==(const unread_line&, const unread_line&) = default;
};

// All that a text says of the OOM killer.
struct oom_log
{
    std::vector<oom_report> reports; // in the order of their first lines
    std::vector<unread_line> unread;
};

} // namespace heaplings
