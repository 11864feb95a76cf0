// The lines of an OOM report that tell why: who asked for memory, how, and which limit it met.
#pragma once

#include <heaplings/kernel_log/detail/kill_lines.hpp>
#include <heaplings/kernel_log/detail/scanner.hpp>
#include <heaplings/kernel_log/oom_report.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heaplings::detail {

// A list of memory nodes, `0-1,3`, which may be empty, or `(null)`.
[[nodiscard]] inline std::string_view take_nodes(scanner& line) noexcept
{
    std::string_view nodes = "(null)";
    if (!line.rest().starts_with(nodes)) {
        nodes = line.rest();
        nodes = nodes.substr(0, nodes.find_first_not_of("0123456789-,"));
        while (nodes.ends_with(',')) nodes.remove_suffix(1);
    }
    line.skip(nodes);
    return nodes;
}

// `NAME invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=0`
struct invoked_line
{
    static constexpr std::string_view mark = " invoked oom-killer: ";

    std::string_view invoker;
    std::uint64_t gfp_mask = 0;
    std::optional<std::string_view> gfp_names;
    std::optional<std::string_view> nodemask; // 4.7 to 4.20
    int order = 0;
    std::optional<int> oom_score_adj;
};

[[nodiscard]] inline std::optional<invoked_line> parse_invoked(std::string_view text) noexcept
{
    constexpr std::size_t longest_escaped_name = 4 * longest_name;
    invoked_line invoked;
    scanner line{text};
    const auto invoker = line.before(invoked_line::mark);
    if (!invoker || invoker->size() > longest_escaped_name) return std::nullopt;
    invoked.invoker = *invoker;

    if (!line.skip("gfp_mask=")) return std::nullopt;
    line.skip("0x");
    const auto mask = line.number<std::uint64_t>(16);
    if (!mask) return std::nullopt;
    invoked.gfp_mask = *mask;
    if (line.skip("(")) {
        invoked.gfp_names = line.before(")");
        if (!invoked.gfp_names) return std::nullopt;
    }
    scanner ahead = line;
    if (ahead.before("nodemask=")) {
        invoked.nodemask = take_nodes(ahead);
        line = ahead;
    }
    if (!line.before("order=")) return std::nullopt;
    const auto order = line.number<int>();
    if (!order) return std::nullopt;
    invoked.order = *order;
    if (line.before("oom_score_adj=")) invoked.oom_score_adj = line.number<int>();
    return invoked;
}

// `CPU: 1 UID: 0 PID: 28661 Comm: NAME Not tainted 6.18.44 #1`, in 2.6.32 `Pid: 28661, comm: NAME
// Not tainted 2.6.32 #1`: the process that the stack trace below is of.
struct traced_process
{
    pid_t pid = 0;
    std::string_view name;          // with all up to the taint
    std::string_view without_kdump; // the same where ` Kdump: loaded` is not of the name
};

[[nodiscard]] inline bool is_traced_process(std::string_view text) noexcept
{
    return (text.starts_with("CPU: ") && text.find(" Comm: ") != text.npos) ||
           (text.starts_with("Pid: ") && text.find(", comm: ") != text.npos);
}

[[nodiscard]] inline std::optional<traced_process>
parse_traced_process(std::string_view text) noexcept
{
    const bool old = text.starts_with("Pid: ");
    scanner line{text};
    if (!line.before(old ? "Pid: " : " PID: ")) return std::nullopt;
    const auto pid = line.number<pid_t>();
    if (!pid || !line.skip(old ? ", comm: " : " Comm: ")) return std::nullopt;
    const std::string_view rest = line.rest();
    const auto taint = [&](std::string_view mark) {
        const auto index = rest.rfind(mark);
        return index == rest.npos ? 0 : index + 1;
    };
    const auto name_size = std::max(taint(" Not tainted"), taint(" Tainted: "));
    if (name_size == 0) return std::nullopt;
    const std::string_view name = rest.substr(0, name_size - 1);
    traced_process traced{*pid, name, name};
    constexpr std::string_view kdump = " Kdump: loaded";
    if (name.ends_with(kdump)) traced.without_kdump.remove_suffix(kdump.size());
    return traced;
}

// `usage 49152kB, limit 49152kB, failcnt 19`, which follows `memory: ` and the like.
[[nodiscard]] inline std::optional<oom_cgroup_counter> parse_counter(std::string_view text) noexcept
{
    scanner line{text};
    if (!line.skip("usage ")) return std::nullopt;
    const auto usage = line.kilobytes();
    if (!usage || !line.skip(", limit ")) return std::nullopt;
    const auto limit = line.kilobytes();
    if (!limit || !line.skip(", failcnt ")) return std::nullopt;
    const auto failures = line.number<std::uint64_t>();
    if (!failures) return std::nullopt;
    return oom_cgroup_counter{*usage, *limit, *failures};
}

// `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=PATH,
// task_memcg=PATH,task=NAME,pid=28661,uid=0`, from Linux 5.0 on; `global_oom` in place of
// `oom_memcg=PATH` if there is no such group.
struct summary_line
{
    static constexpr std::string_view mark = "oom-kill:constraint=";

    std::optional<oom_constraint> constraint;
    std::string_view nodemask;
    std::optional<std::string_view> cpuset;
    std::optional<std::string_view> mems_allowed;
    std::optional<std::string_view> oom_cgroup;
    std::optional<std::string_view> task_cgroup;
    std::string_view task;
    pid_t pid = 0;
    uid_t uid = 0;
};

[[nodiscard]] inline std::optional<oom_constraint> parse_constraint(std::string_view text) noexcept
{
    for (const auto constraint : {oom_constraint::none, oom_constraint::cpuset,
                                  oom_constraint::memory_policy, oom_constraint::memory_cgroup}) {
        if (text == to_string(constraint)) return constraint;
    }
    return std::nullopt;
}

// `,cpuset=PATH,mems_allowed=NODES`. The path may hold the same words: after the right ones there
// is a list of nodes and the next field.
inline void take_cpuset(scanner& line, summary_line& summary) noexcept
{
    scanner ahead = line;
    if (!ahead.skip(",cpuset=")) return;
    constexpr std::string_view mark = ",mems_allowed=";
    const std::string_view begin = ahead.rest();
    while (ahead.before(mark)) {
        const auto path_size = begin.size() - ahead.rest().size() - mark.size();
        const std::string_view nodes = take_nodes(ahead);
        const std::string_view next = ahead.rest();
        if (next.empty() || next.starts_with(",oom_memcg=/") || next.starts_with(",global_oom")) {
            summary.cpuset = begin.substr(0, path_size);
            summary.mems_allowed = nodes;
            line = ahead;
            return;
        }
    }
}

// `,oom_memcg=PATH,task_memcg=PATH` or `,global_oom,task_memcg=PATH`, which is all of `text`. Where
// a path holds the same words, the victim's group is below the one at its limit.
[[nodiscard]] inline bool read_cgroups(std::string_view text, summary_line& summary) noexcept
{
    constexpr std::string_view mark = ",task_memcg=";
    scanner line{text};
    if (line.skip(",global_oom")) {
        if (line.skip(mark)) summary.task_cgroup = line.rest();
        return true;
    }
    if (!line.skip(",oom_memcg=")) return text.empty(); // a kernel without memory cgroups
    const std::string_view paths = line.rest();
    const auto first = paths.find(mark);
    if (first == paths.npos) return false;
    auto split = first;
    auto candidate = first;
    for (int tries = 0; tries < 16 && candidate != paths.npos; ++tries) {
        if (paths.substr(candidate + mark.size()).starts_with(paths.substr(0, candidate))) {
            split = candidate;
            break;
        }
        candidate = paths.find(mark, candidate + 1);
    }
    summary.oom_cgroup = paths.substr(0, split);
    summary.task_cgroup = paths.substr(split + mark.size());
    return true;
}

// `,task=NAME,pid=28661,uid=0`, the end of `text`: what precedes it. A name may hold `,task=`.
[[nodiscard]] inline std::optional<std::string_view> read_task(std::string_view text,
                                                               summary_line& summary) noexcept
{
    constexpr std::string_view mark = ",task=";
    const auto uid_at = text.rfind(",uid=");
    if (uid_at == text.npos) return std::nullopt;
    const auto pid_at = text.rfind(",pid=", uid_at);
    if (pid_at == text.npos) return std::nullopt;
    scanner uid{text.substr(uid_at + 5)};
    scanner pid{text.substr(pid_at + 5, uid_at - pid_at - 5)};
    const auto uid_number = uid.user();
    const auto pid_number = pid.number<pid_t>();
    if (!uid_number || !uid.at_end() || !pid_number || !pid.at_end()) return std::nullopt;
    summary.uid = *uid_number;
    summary.pid = *pid_number;

    const std::string_view all = text.substr(0, pid_at);
    const auto from = all.size() - std::min(all.size(), longest_name + mark.size());
    auto task_at = all.find(mark, from);
    if (task_at == all.npos) task_at = all.rfind(mark);
    if (task_at == all.npos) return std::nullopt;
    summary.task = all.substr(task_at + mark.size());
    return all.substr(0, task_at);
}

[[nodiscard]] inline std::optional<summary_line> parse_summary(std::string_view text) noexcept
{
    summary_line summary;
    scanner line{text};
    if (!line.skip(summary_line::mark)) return std::nullopt;
    const auto constraint = line.before(",nodemask=");
    if (!constraint) return std::nullopt;
    summary.constraint = parse_constraint(*constraint);
    summary.nodemask = take_nodes(line);

    // The task first, from the right: what is left of it can't be taken for more.
    const auto before_task = read_task(line.rest(), summary);
    if (!before_task) return std::nullopt;
    scanner context{*before_task};
    take_cpuset(context, summary);
    if (!read_cgroups(context.rest(), summary)) return std::nullopt;
    return summary;
}

} // namespace heaplings::detail
