// Reads the lines that tell whom the OOM killer chose and killed, and what became of them.
#pragma once

#include <heaplings/kernel_log/detail/drafts.hpp>
#include <heaplings/kernel_log/detail/kill_lines.hpp>
#include <heaplings/kernel_log/detail/report_text.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heaplings::detail {

// Each function is for one sort of line and puts it into the report that it belongs to.
class kill_reader
{
public:
    explicit kill_reader(drafts& reports) noexcept : drafts_{reports} {}

    reading read_kill(const report_text& message)
    {
        const auto killed = after_reason(message.text, "Killed process ");
        if (!killed) return reading::other;
        auto victim = parse_victim(killed->rest, !killed->reason.empty());
        if (!victim || !message.fits(victim->name)) return reading::malformed;

        draft& d = draft_of_kill(message.line, killed->reason, victim->pid);
        d.is_closed = true;
        drafts_.close_table(message.line, d);
        drafts_.note_killed(victim->pid, d);
        take_reason(d, killed->reason);
        settle_name(d.report, victim->pid, victim->name);
        // A group kill begins with a victim that it then meets again among the group's processes.
        if (!d.report.victims.empty() && d.report.victims.front().pid == victim->pid) {
            ++d.report.victims.front().times_printed;
        } else {
            d.report.victims.push_back(std::move(*victim));
        }
        return reading::done;
    }

    reading read_choice(const report_text& message)
    {
        auto kill = after_reason(message.text, "Kill process ");
        if (!kill) kill = after_reason(message.text, "kill process "); // before 2.6.36
        if (!kill) return reading::other;
        if (auto sharing = parse_sharing_victim(kill->rest)) {
            return add_sharing_victim(message.line, std::move(*sharing));
        }
        auto choice = parse_choice(kill->rest);
        if (!choice || !message.fits(choice->name)) return reading::malformed;
        draft& d = drafts_.find_or_begin(message.line, [&](const oom_report& r) {
            return !r.chosen || (r.chosen->pid == choice->pid && !r.chosen->badness);
        });
        drafts_.close_table(message.line, d);
        take_reason(d, kill->reason);
        settle_name(d.report, choice->pid, choice->name);
        if (d.report.chosen) choice->uid = d.report.chosen->uid;
        d.report.chosen = std::move(choice);
        return reading::done;
    }

    // `Tasks in PATH are going to be killed due to memory.oom.group set`
    reading read_group(const report_text& message)
    {
        scanner words{message.text};
        if (!words.skip("Tasks in ")) return reading::other;
        const auto path = words.before_last(" are going to be killed due to memory.oom.group");
        if (!path) return reading::malformed;
        draft* d = drafts_.newest(message.line);
        if (d == nullptr || d->report.group_kill) d = &drafts_.begin(message.line);
        drafts::touch(*d, message.line);
        d->report.group_kill = *path;
        return reading::done;
    }

    // `Out of memory and no killable processes...`, and the panic that follows for want of a victim
    // or because vm.panic_on_oom asks for it.
    reading read_no_kill(const report_text& message)
    {
        scanner words{message.text};
        const bool panics = words.skip("Kernel panic - not syncing: ");
        const bool nobody = words.rest().starts_with("Out of memory and no killable process") ||
                            (panics && words.rest().starts_with("System is deadlocked on memory"));
        const bool on_demand = panics && words.rest().starts_with("Out of memory") &&
                               words.rest().ends_with("panic_on_oom is enabled");
        if (!nobody && !on_demand) return reading::other;

        draft* d = drafts_.newest(message.line);
        const bool announced = d != nullptr && panics && d->report.no_killable_process;
        if (!announced) {
            d = &drafts_.find_or_begin(message.line, [](const oom_report&) { return true; });
        }
        drafts::touch(*d, message.line);
        drafts_.close_table(message.line, *d);
        d->is_closed = true;
        if (nobody) d->report.no_killable_process = true;
        if (panics) d->report.panicked = true;
        return reading::done;
    }

    reading read_reaping(const report_text& message)
    {
        constexpr std::string_view mark = "oom_reaper: ";
        if (!message.text.starts_with(mark)) return reading::other;
        auto reaping = parse_reaping(message.text.substr(mark.size()));
        if (!reaping || !message.fits(reaping->name)) return reading::malformed;
        draft* const d = drafts_.killing(reaping->pid);
        if (d == nullptr) return reading::stray;
        drafts::touch(*d, message.line);
        d->report.reaped.push_back(std::move(*reaping));
        return reading::done;
    }

private:
    draft& draft_of_kill(const kernel_line& line, std::string_view reason, pid_t victim)
    {
        const bool in_cgroup = reason.starts_with("Memory cgroup");
        const auto fits_reason = [&](const oom_report& r) {
            return reason.empty() || !r.constraint ||
                   in_cgroup == (*r.constraint == oom_constraint::memory_cgroup);
        };
        draft* const chooser = drafts_.find_open(line, [&](const oom_report& r) {
            return r.chosen && r.chosen->pid == victim && fits_reason(r);
        });
        if (chooser != nullptr) return *chooser;
        draft* const newest = drafts_.newest(line);
        if (newest != nullptr && fits_reason(newest->report) &&
            (!newest->is_closed || goes_on_killing(*newest, victim))) {
            return *drafts::touch(*newest, line);
        }
        draft* const lister = drafts_.listing(victim);
        if (lister != nullptr && !lister->is_closed && fits_reason(lister->report)) {
            return *drafts::touch(*lister, line);
        }
        return drafts_.begin(line);
    }

    // Whether `victim` is another one of a group kill.
    bool goes_on_killing(const draft& d, pid_t victim)
    {
        return d.report.group_kill && (d.report.tasks.empty() || drafts_.listing(victim) == &d);
    }

    reading add_sharing_victim(const kernel_line& line, oom_victim victim)
    {
        draft* const d = drafts_.newest(line);
        if (d == nullptr || !d->is_closed) return reading::stray;
        drafts::touch(*d, line);
        drafts_.note_killed(victim.pid, *d);
        d->report.victims.push_back(std::move(victim));
        return reading::done;
    }

    // In the summary the end of a cgroup's path can't be told from the beginning of a name with the
    // same words; a later line tells.
    static void settle_name(oom_report& report, pid_t pid, const std::string& name)
    {
        if (!report.chosen || report.chosen->pid != pid || !report.task_cgroup) return;
        const std::string_view chosen = report.chosen->name;
        const std::string end = ",task=" + name;
        if (!chosen.ends_with(end)) return;
        report.task_cgroup->append(",task=").append(chosen.substr(0, chosen.size() - end.size()));
        report.chosen->name = name;
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

    drafts& drafts_;
};

} // namespace heaplings::detail
