// Reads the lines that tell why the OOM killer was called, and of what it could choose.
#pragma once

#include <heaplings/kernel_log/detail/context_lines.hpp>
#include <heaplings/kernel_log/detail/drafts.hpp>
#include <heaplings/kernel_log/detail/report_text.hpp>
#include <heaplings/kernel_log/detail/task_table.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heaplings::detail {

// Each function is for one sort of line and puts it into the report that it belongs to.
class context_reader
{
public:
    context_reader(drafts& reports, bytes page) noexcept : drafts_{reports}, page_{page} {}

    reading read_invoked(const report_text& message)
    {
        constexpr std::size_t soon = 16;
        const auto invoked = parse_invoked(message.text);
        if (!invoked || !message.fits(invoked->invoker)) return reading::malformed;
        draft& d = drafts_.begin(message.line);
        d.by_sysrq = sysrq_line_ && message.line.number - *sysrq_line_ <= soon;
        sysrq_line_.reset();
        d.report.invoker = invoked->invoker;
        d.report.gfp_mask = invoked->gfp_mask;
        d.report.gfp_names = invoked->gfp_names;
        d.report.nodemask = invoked->nodemask;
        d.report.order = invoked->order;
        d.report.invoker_oom_score_adj = invoked->oom_score_adj;
        return reading::done;
    }

    reading read_summary(const report_text& message)
    {
        if (!message.text.starts_with(summary_line::mark)) return reading::other;
        const auto summary = parse_summary(message.text);
        if (!summary || !message.fits(summary->task)) return reading::malformed;
        draft& d =
            drafts_.find_or_begin(message.line, [](const oom_report& r) { return !r.chosen; });
        drafts_.close_table(message.line, d);
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

    reading read_table(const report_text& message)
    {
        if (auto columns = parse_columns(message.text)) {
            draft& d = drafts_.find_or_begin(
                message.line, [](const oom_report& r) { return r.task_columns.empty(); });
            d.report.task_columns = std::move(*columns);
            drafts_.open_table(message.line, d);
            return reading::done;
        }
        if (!is_task(message.text)) return reading::other;
        draft* const d = drafts_.with_table(message.line);
        if (d == nullptr) return reading::stray;
        auto task = parse_task(message.text, d->report.task_columns, page_);
        if (!task) return reading::malformed;
        drafts::touch(*d, message.line);
        drafts_.note_listed(task->pid, *d);
        d->report.tasks.push_back(std::move(*task));
        last_row_ = message.line.number;
        return reading::done;
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

    reading read_counter(const report_text& message)
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
            scanner words{message.text};
            if (!words.skip(mark) || !words.rest().starts_with("usage ")) continue;
            const auto counter = parse_counter(words.rest());
            if (!counter) return reading::malformed;
            draft& d = drafts_.find_or_begin(message.line,
                                             [m = member](const oom_report& r) { return !(r.*m); });
            d.report.*member = counter;
            return reading::done;
        }
        return reading::other;
    }

    // Before Linux 5.0: `Task in PATH killed as a result of limit of PATH`, from 3.19 to 4.3 on
    // two lines.
    reading read_limit(const report_text& message)
    {
        constexpr std::string_view limit = " killed as a result of limit of ";
        scanner words{message.text};
        const bool has_task = words.skip("Task in ");
        if (!has_task && !words.rest().starts_with(limit)) return reading::other;
        draft* const d =
            drafts_.find_open(message.line, [](const oom_report& r) { return !r.oom_cgroup; });
        if (d == nullptr) return reading::stray;
        const std::string_view whole = words.rest();
        const auto task = words.before(limit);
        if (has_task) d->report.task_cgroup = task.value_or(whole);
        if (task) d->report.oom_cgroup = words.rest();
        return reading::done;
    }

    // The request by sysrq is announced; a kernel worker serves it, as the stack trace shows.
    reading read_sysrq(const report_text& message)
    {
        if (message.text.ends_with("Manual OOM execution")) {
            sysrq_line_ = message.line.number;
            return reading::done;
        }
        if (message.text.find(" moom_callback+0x") == std::string_view::npos) return reading::other;
        draft* const d = drafts_.newest(message.line);
        if (d == nullptr || d->is_closed) return reading::other;
        d->by_sysrq = true;
        return reading::done;
    }

    // The head of a stack trace, if it is that of the process that asked for memory.
    reading read_traced(const report_text& message)
    {
        draft* const d = drafts_.newest(message.line);
        if (d == nullptr || d->is_closed || !d->report.invoker || d->report.invoker_pid ||
            !is_traced_process(message.text)) {
            return reading::other;
        }
        const auto traced = parse_traced_process(message.text);
        if (!traced || !message.fits(traced->without_kdump)) return reading::malformed;
        for (const std::string_view name : {traced->name, traced->without_kdump}) {
            // A newline in its name may have divided the report's first line.
            if (name != *d->report.invoker && !name.ends_with('\n' + *d->report.invoker)) continue;
            d->report.invoker = name;
            d->report.invoker_pid = traced->pid;
            return reading::done;
        }
        return reading::other;
    }

    // Before Linux 5.0, of the process that asked for memory: `NAME cpuset=PATH mems_allowed=0`.
    reading read_cpuset(const report_text& message)
    {
        draft* const d = drafts_.newest(message.line);
        if (d == nullptr || d->is_closed || !d->report.invoker || d->report.cpuset) {
            return reading::other;
        }
        scanner words{message.text};
        if (!words.skip(*d->report.invoker) || !words.skip(" cpuset=")) return reading::other;
        const auto cpuset = words.before_last(" mems_allowed=");
        if (!cpuset) return reading::malformed;
        d->report.cpuset = *cpuset;
        d->report.mems_allowed = words.rest();
        return reading::done;
    }

private:
    drafts& drafts_;
    bytes page_;
    std::size_t last_row_ = 0;
    std::optional<std::size_t> sysrq_line_;
};

} // namespace heaplings::detail
