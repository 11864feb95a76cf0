// The OOM reports that are being put together, and which of them a line belongs to.
#pragma once

#include <heaplings/kernel_log/detail/kernel_lines.hpp>
#include <heaplings/kernel_log/oom_report.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heaplings::detail {

// A report while its lines come in.
struct draft
{
    oom_report report;
    std::optional<oom_trigger> trigger_by_reason; // told by the words of the kill
    bool by_sysrq = false;
    bool is_closed = false; // someone was killed, or nobody could be

    // Why the OOM killer was called, by all that was read.
    [[nodiscard]] std::optional<oom_trigger> trigger() const noexcept
    {
        if (by_sysrq || report.order == -1) return oom_trigger::sysrq;
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
        return trigger_by_reason;
    }
};

// The kernel writes one report after the other. Two interleave where logs of two machines, or of
// two locks of an old kernel, run together: a line then belongs to the newest report that still
// lacks what it tells, among those of the same source if the text tells sources apart.
class drafts
{
public:
    // Begins a report with `line`.
    draft& begin(const kernel_line& line)
    {
        all_.emplace_back();
        draft& begun = all_.back();
        begun.report.first_line = begun.report.last_line = line.number;
        begun.report.since_boot = line.since_boot;
        std::vector<std::size_t>& recent = source(line).recent;
        if (recent.size() == most_recent) recent.erase(recent.begin());
        recent.push_back(all_.size() - 1);
        return begun;
    }

    // The newest open report that fits, null if there is none.
    template <typename Fits>
    [[nodiscard]] draft* find_open(const kernel_line& line, Fits fits)
    {
        const std::vector<std::size_t>& recent = source(line).recent;
        for (auto i = recent.rbegin(); i != recent.rend(); ++i) {
            draft& candidate = all_[*i];
            if (!candidate.is_closed && fits(candidate.report)) return touch(candidate, line);
        }
        return nullptr;
    }

    // The same, begun with this line if there is none: its beginning was cut off.
    template <typename Fits>
    [[nodiscard]] draft& find_or_begin(const kernel_line& line, Fits fits)
    {
        draft* const found = find_open(line, fits);
        return found != nullptr ? *found : begin(line);
    }

    // The report that began last, null if there is none.
    [[nodiscard]] draft* newest(const kernel_line& line)
    {
        const std::vector<std::size_t>& recent = source(line).recent;
        return recent.empty() ? nullptr : &all_[recent.back()];
    }

    // The report whose table comes in, null if none does.
    [[nodiscard]] draft* with_table(const kernel_line& line)
    {
        const auto table = source(line).table;
        return table ? &all_[*table] : nullptr;
    }
    void open_table(const kernel_line& line, const draft& of) { source(line).table = index(of); }
    void close_table(const kernel_line& line, const draft& of)
    {
        if (with_table(line) == &of) source(line).table.reset();
    }

    // Where `pid` was last listed in a table, or killed: null if nowhere.
    void note_listed(pid_t pid, const draft& in) { listed_in_[pid] = index(in); }
    void note_killed(pid_t pid, const draft& in) { killed_in_[pid] = index(in); }
    [[nodiscard]] draft* listing(pid_t pid) { return find(listed_in_, pid); }
    [[nodiscard]] draft* killing(pid_t pid) { return find(killed_in_, pid); }

    static draft* touch(draft& touched, const kernel_line& line)
    {
        touched.report.last_line = std::max(touched.report.last_line, line.number);
        return &touched;
    }

    // The reports as far as they were read, in the order of their first lines.
    [[nodiscard]] std::vector<oom_report> take()
    {
        std::vector<oom_report> reports;
        reports.reserve(all_.size());
        for (draft& d : all_) {
            d.report.trigger = d.trigger();
            reports.push_back(std::move(d.report));
        }
        return reports;
    }

private:
    static constexpr std::size_t most_recent = 4;

    struct source_state
    {
        std::vector<std::size_t> recent; // the newest is the last
        std::optional<std::size_t> table;
    };
    using places = std::unordered_map<pid_t, std::size_t>;

    source_state& source(const kernel_line& line) { return sources_[std::string{line.source}]; }

    std::size_t index(const draft& of) const noexcept
    {
        return static_cast<std::size_t>(&of - all_.data());
    }
    draft* find(const places& in, pid_t pid)
    {
        const auto place = in.find(pid);
        return place == in.end() ? nullptr : &all_[place->second];
    }

    std::vector<draft> all_;
    std::unordered_map<std::string, source_state> sources_;
    places listed_in_;
    places killed_in_;
};

} // namespace heaplings::detail
