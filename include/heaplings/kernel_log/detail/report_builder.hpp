// Puts OOM reports together from the lines of a kernel log.
#pragma once

#include <heaplings/kernel_log/detail/context_lines.hpp>
#include <heaplings/kernel_log/detail/drafts.hpp>
#include <heaplings/kernel_log/detail/kill_lines.hpp>
#include <heaplings/kernel_log/detail/task_table.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heaplings::detail {

// What a line turned out to be.
enum class reading {
    other,     // nothing of a report
    done,      // read
    malformed, // it begins as a line of a report does, but does not go on so
    stray,     // well-formed, but what it belongs to is missing
};

class report_builder
{
public:
    explicit report_builder(bytes page) noexcept : page_{page} {}

    // Reads `text`, which is the message of `line`, or several joined if `is_joined`: then a name
    // is not longer than the kernel's.
    [[nodiscard]] reading read(const kernel_line& line, std::string_view text, bool is_joined)
    {
        longest_name_ = is_joined ? longest_name : std::string_view::npos;
        if (text.find(invoked_line::mark) != text.npos) return read_invoked(line, text);
        if (text.starts_with(summary_line::mark)) return read_summary(line, text);
        if (text.starts_with('[')) return read_table(line, text);
        for (const auto part : {&report_builder::read_kill, &report_builder::read_choice,
                                &report_builder::read_no_kill, &report_builder::read_reaping,
                                &report_builder::read_counter, &report_builder::read_cgroup,
                                &report_builder::read_sysrq, &report_builder::read_invoker}) {
            if (const reading result = (this->*part)(line, text); result != reading::other) {
                return result;
            }
        }
        return reading::other;
    }

    // Takes `line` for more of the name in the row before, which a newline divided: whether it is.
    bool read_more_of_name(const kernel_line& line)
    {
        draft* const d = drafts_.with_table(line);
        if (d == nullptr || last_row_ + 1 != line.number || d->report.tasks.empty()) return false;
        std::string& name = d->report.tasks.back().name;
        if (name.size() + 1 + line.message.size() > longest_name) return false;
        name.append("\n").append(line.message);
        last_row_ = line.number;
        return true;
    }

    // What was read, in the order of the reports' first lines.
    [[nodiscard]] std::vector<oom_report> take()
    {
        std::vector<oom_report> reports;
        for (draft& d : drafts_.take()) {
            d.report.trigger = trigger_of(d);
            reports.push_back(std::move(d.report));
        }
        return reports;
    }

private:
    [[nodiscard]] bool fits(std::string_view name) const noexcept
    {
        return name.size() <= longest_name_;
    }

    reading read_invoked(const kernel_line& line, std::string_view text)
    {
        constexpr std::size_t soon = 16;
        const auto invoked = parse_invoked(text);
        if (!invoked || !fits(invoked->invoker)) return reading::malformed;
        draft& d = drafts_.begin(line);
        d.by_sysrq = sysrq_line_ && line.number - *sysrq_line_ <= soon;
        sysrq_line_.reset();
        d.report.invoker = invoked->invoker;
        d.report.gfp_mask = invoked->gfp_mask;
        d.report.gfp_names = invoked->gfp_names;
        d.report.nodemask = invoked->nodemask;
        d.report.order = invoked->order;
        d.report.invoker_oom_score_adj = invoked->oom_score_adj;
        return reading::done;
    }

    reading read_summary(const kernel_line& line, std::string_view text)
    {
        const auto summary = parse_summary(text);
        if (!summary || !fits(summary->task)) return reading::malformed;
        draft& d = drafts_.find_or_begin(line, [](const oom_report& r) { return !r.chosen; });
        drafts_.close_table(line, d);
        d.report.constraint = summary->constraint;
        d.report.nodemask = summary->nodemask;
        d.report.cpuset = summary->cpuset;
        d.report.mems_allowed = summary->mems_allowed;
        d.report.oom_cgroup = summary->oom_cgroup;
        d.report.task_cgroup = summary->task_cgroup;
        d.report.chosen =
            oom_choice{summary->pid, std::string{summary->task}, summary->uid, std::nullopt};
        return reading::done;
    }

    reading read_table(const kernel_line& line, std::string_view text)
    {
        if (auto columns = parse_columns(text)) {
            draft& d = drafts_.find_or_begin(
                line, [](const oom_report& r) { return r.task_columns.empty(); });
            d.report.task_columns = std::move(*columns);
            drafts_.open_table(line, d);
            return reading::done;
        }
        if (!is_task(text)) return reading::other;
        draft* const d = drafts_.with_table(line);
        if (d == nullptr) return reading::stray;
        auto task = parse_task(text, d->report.task_columns, page_);
        if (!task) return reading::malformed;
        drafts::touch(*d, line);
        drafts_.list(task->pid, *d);
        d->report.tasks.push_back(std::move(*task));
        last_row_ = line.number;
        return reading::done;
    }

    reading read_kill(const kernel_line& line, std::string_view text)
    {
        const auto killed = after_reason(text, "Killed process ");
        if (!killed) return reading::other;
        auto victim = parse_victim(killed->rest, !killed->reason.empty());
        if (!victim || !fits(victim->name)) return reading::malformed;
        add_victim(line, killed->reason, std::move(*victim));
        return reading::done;
    }

    void add_victim(const kernel_line& line, std::string_view reason, oom_victim victim)
    {
        draft& d = draft_of_kill(line, reason, victim.pid);
        d.is_closed = true;
        drafts_.close_table(line, d);
        take_reason(d, reason);
        drafts_.kill(victim.pid, d);
        settle_name(d.report, victim);
        // A group kill begins with a victim that it then meets again among the group's processes.
        if (!d.report.victims.empty() && d.report.victims.front().pid == victim.pid) {
            ++d.report.victims.front().times_printed;
        } else {
            d.report.victims.push_back(std::move(victim));
        }
    }

    draft& draft_of_kill(const kernel_line& line, std::string_view reason, pid_t victim)
    {
        const bool in_cgroup = reason.starts_with("Memory cgroup");
        const auto fits_reason = [&](const oom_report& r) {
            return reason.empty() || !r.constraint ||
                   in_cgroup == (*r.constraint == oom_constraint::memory_cgroup);
        };
        draft* d = drafts_.find_open(line, [&](const oom_report& r) {
            return r.chosen && r.chosen->pid == victim && fits_reason(r);
        });
        if (d != nullptr) return *d;
        draft* const newest = drafts_.newest(line);
        if (newest != nullptr && fits_reason(newest->report) &&
            (!newest->is_closed || goes_on_killing(*newest, victim))) {
            return *drafts::touch(*newest, line);
        }
        d = drafts_.listing(victim);
        if (d != nullptr && !d->is_closed && fits_reason(d->report)) {
            return *drafts::touch(*d, line);
        }
        return drafts_.begin(line);
    }

    // Whether `victim` is another one of a group kill.
    bool goes_on_killing(const draft& d, pid_t victim)
    {
        return d.report.group_kill && (d.report.tasks.empty() || drafts_.listing(victim) == &d);
    }

    // The end of a cgroup's path can't be told from the beginning of a name, but for the name in
    // the line of the kill.
    static void settle_name(oom_report& report, const oom_victim& victim)
    {
        if (!report.chosen || report.chosen->pid != victim.pid || !report.task_cgroup) return;
        const std::string_view chosen = report.chosen->name;
        const std::string end = ",task=" + victim.name;
        if (chosen.size() < end.size() || !chosen.ends_with(end)) return;
        report.task_cgroup->append(",task=").append(chosen.substr(0, chosen.size() - end.size()));
        report.chosen->name = victim.name;
    }

    static void take_reason(draft& d, std::string_view reason) noexcept
    {
        if (reason.starts_with("Memory cgroup")) {
            d.trigger_by_reason = oom_trigger::memory_cgroup;
        } else if (reason.starts_with("No available memory in cpuset")) {
            d.trigger_by_reason = oom_trigger::cpuset;
        } else if (reason.starts_with("No available memory")) {
            d.trigger_by_reason = oom_trigger::memory_policy;
        } else if (!reason.empty()) {
            d.trigger_by_reason = oom_trigger::global;
        }
        if (reason.ends_with("(oom_kill_allocating_task)")) d.report.kills_allocating_task = true;
    }

    reading read_choice(const kernel_line& line, std::string_view text)
    {
        auto kill = after_reason(text, "Kill process ");
        if (!kill) kill = after_reason(text, "kill process "); // before 2.6.36
        if (!kill) return reading::other;
        if (auto sharing = parse_sharing_victim(kill->rest)) {
            draft* const d = drafts_.newest(line);
            if (d == nullptr || !d->is_closed) return reading::stray;
            drafts::touch(*d, line);
            drafts_.kill(sharing->pid, *d);
            d->report.victims.push_back(std::move(*sharing));
            return reading::done;
        }
        auto choice = parse_choice(kill->rest);
        if (!choice || !fits(choice->name)) return reading::malformed;
        draft& d = drafts_.find_or_begin(line, [&](const oom_report& r) {
            return !r.chosen || (r.chosen->pid == choice->pid && !r.chosen->badness);
        });
        drafts_.close_table(line, d);
        take_reason(d, kill->reason);
        if (d.report.chosen) choice->uid = d.report.chosen->uid;
        d.report.chosen = std::move(choice);
        return reading::done;
    }

    reading read_no_kill(const kernel_line& line, std::string_view text)
    {
        const bool panics = text.starts_with("Kernel panic - not syncing: ");
        const bool nobody = text.find("Out of memory and no killable process") != text.npos ||
                            text.find("System is deadlocked on memory") != text.npos;
        const bool by_choice = text.find("panic_on_oom is enabled") != text.npos;
        if (!(nobody && (panics || text.starts_with("Out of memory"))) && !(panics && by_choice)) {
            return reading::other;
        }
        draft* d = drafts_.newest(line);
        const bool same = d != nullptr && panics && d->report.no_killable_process;
        if (!same) d = &drafts_.find_or_begin(line, [](const oom_report&) { return true; });
        drafts::touch(*d, line);
        drafts_.close_table(line, *d);
        d->is_closed = true;
        if (nobody) d->report.no_killable_process = true;
        if (panics) d->report.panicked = true;
        return reading::done;
    }

    reading read_reaping(const kernel_line& line, std::string_view text)
    {
        constexpr std::string_view mark = "oom_reaper: ";
        if (!text.starts_with(mark)) return reading::other;
        auto reaping = parse_reaping(text.substr(mark.size()));
        if (!reaping || !fits(reaping->name)) return reading::malformed;
        draft* const d = drafts_.killing(reaping->pid);
        if (d == nullptr) return reading::stray;
        drafts::touch(*d, line);
        d->report.reaped.push_back(std::move(*reaping));
        return reading::done;
    }

    reading read_counter(const kernel_line& line, std::string_view text)
    {
        struct named_counter
        {
            std::string_view mark;
            std::optional<oom_cgroup_counter> oom_report::*member;
        };
        constexpr named_counter counters[] = {
            {"memory: ", &oom_report::memory},
            {"memory+swap: ", &oom_report::memory_and_swap},
            {"swap: ", &oom_report::swap},
            {"kmem: ", &oom_report::kernel_memory},
        };
        for (const auto& [mark, member] : counters) {
            if (!text.starts_with(mark) || !text.substr(mark.size()).starts_with("usage "))
                continue;
            const auto counter = parse_counter(text.substr(mark.size()));
            if (!counter) return reading::malformed;
            draft& d =
                drafts_.find_or_begin(line, [m = member](const oom_report& r) { return !(r.*m); });
            d.report.*member = counter;
            return reading::done;
        }
        return reading::other;
    }

    // Before Linux 5.0: `Task in PATH killed as a result of limit of PATH`, from 3.19 to 4.3 on
    // two lines. With memory.oom.group: `Tasks in PATH are going to be killed due to ...`.
    reading read_cgroup(const kernel_line& line, std::string_view text)
    {
        constexpr std::string_view limit = " killed as a result of limit of ";
        scanner words{text};
        if (words.skip("Tasks in ")) {
            const auto path = words.before_last(" are going to be killed due to memory.oom.group");
            if (!path) return reading::other;
            draft* d = drafts_.newest(line);
            if (d == nullptr) d = &drafts_.begin(line);
            drafts::touch(*d, line);
            d->report.group_kill = *path;
            return reading::done;
        }
        const bool first_half = words.skip("Task in ");
        if (!first_half && !text.starts_with(limit)) return reading::other;
        if (first_half && text.find(" /") == text.npos) return reading::other;
        draft* const d = drafts_.find_open(line, [](const oom_report& r) { return !r.oom_cgroup; });
        if (d == nullptr) return reading::stray;
        const std::string_view whole = words.rest();
        const auto task = words.before(limit);
        if (first_half) d->report.task_cgroup = task.value_or(whole);
        if (task) d->report.oom_cgroup = words.rest();
        return reading::done;
    }

    // The request by sysrq is announced; a kernel worker serves it, as the stack trace shows.
    reading read_sysrq(const kernel_line& line, std::string_view text)
    {
        if (text.ends_with("Manual OOM execution")) {
            sysrq_line_ = line.number;
            return reading::done;
        }
        if (text.find(" moom_callback+0x") == text.npos) return reading::other;
        draft* const d = drafts_.newest(line);
        if (d == nullptr || d->is_closed) return reading::other;
        d->by_sysrq = true;
        return reading::done;
    }

    // What the kernel writes of the process that asked for memory: `NAME cpuset=PATH
    // mems_allowed=0` before Linux 5.0, and the head of its stack trace.
    reading read_invoker(const kernel_line& line, std::string_view text)
    {
        draft* const d = drafts_.newest(line);
        if (d == nullptr || d->is_closed || !d->report.invoker) return reading::other;
        oom_report& report = d->report;
        if (is_traced_process(text) && !report.invoker_pid) {
            const auto traced = parse_traced_process(text);
            if (!traced || !fits(traced->without_kdump)) return reading::malformed;
            for (const std::string_view name : {traced->name, traced->without_kdump}) {
                // A newline in its name may have divided the report's first line.
                if (name != *report.invoker && !name.ends_with('\n' + *report.invoker)) continue;
                report.invoker = name;
                report.invoker_pid = traced->pid;
                return reading::done;
            }
            return reading::other;
        }
        scanner words{text};
        if (report.cpuset || !words.skip(*report.invoker) || !words.skip(" cpuset=")) {
            return reading::other;
        }
        const auto cpuset = words.before_last(" mems_allowed=");
        if (!cpuset) return reading::malformed;
        report.cpuset = *cpuset;
        report.mems_allowed = words.rest();
        return reading::done;
    }

    static std::optional<oom_trigger> trigger_of(const draft& d) noexcept
    {
        const oom_report& report = d.report;
        if (d.by_sysrq || report.order == -1) return oom_trigger::sysrq;
        if (report.constraint) {
            switch (*report.constraint) {
            case oom_constraint::none:
                return oom_trigger::global;
            case oom_constraint::cpuset:
                return oom_trigger::cpuset;
            case oom_constraint::memory_policy:
                return oom_trigger::memory_policy;
            case oom_constraint::memory_cgroup:
                return oom_trigger::memory_cgroup;
            }
        }
        if (report.oom_cgroup || report.memory) return oom_trigger::memory_cgroup;
        return d.trigger_by_reason;
    }

    bytes page_;
    drafts drafts_;
    std::size_t longest_name_ = std::string_view::npos;
    std::size_t last_row_ = 0;
    std::optional<std::size_t> sysrq_line_;
};

} // namespace heaplings::detail
