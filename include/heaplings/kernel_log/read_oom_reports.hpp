// From the text of a kernel log to OOM reports.
#pragma once

#include <heaplings/kernel_log/detail/kernel_lines.hpp>
#include <heaplings/kernel_log/detail/report_builder.hpp>
#include <heaplings/kernel_log/oom_report.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heaplings {

namespace detail {

// Reads lines into reports and keeps what could not be used. A newline in a process's name divides
// a line in most texts: what is malformed is tried again with the lines that follow.
class oom_log_builder
{
public:
    explicit oom_log_builder(bytes page) noexcept : reports_{page} {}

    void take(const kernel_line& line)
    {
        const auto held = std::exchange(held_, std::nullopt);
        std::string joined;
        if (held && line.may_continue) {
            joined = held->text + '\n' + std::string{line.message};
            kernel_line whole = line;
            whole.number = held->number;
            if (reports_.read(whole, joined, true) == reading::done) return;
        }
        const reading result = reports_.read(line, line.message, false);
        if (held) {
            if (result == reading::other && !joined.empty() && joined.size() <= held->longest) {
                held_ = held_line{held->number, std::move(joined), held->longest};
                return;
            }
            add_unread(*held);
        }
        keep(line, result);
    }

    [[nodiscard]] oom_log finish()
    {
        if (held_) add_unread(*held_);
        return {reports_.take(), std::move(unread_)};
    }

private:
    struct held_line
    {
        std::size_t number;
        std::string text;
        std::size_t longest; // that it can become with the rest of a name
    };

    void keep(const kernel_line& line, reading result)
    {
        switch (result) {
        case reading::done:
            return;
        case reading::malformed:
            held_ = {line.number, std::string{line.message}, line.message.size() + longest_name};
            return;
        case reading::stray:
            add_unread(line.number, line.message, "what it belongs to is missing");
            return;
        case reading::other:
            break;
        }
        if (line.may_continue && reports_.read_more_of_name(line)) return;
        if (line.message.ends_with("B blob data]")) {
            add_unread(line.number, line.message, "hidden by journalctl: use its option --all");
        }
    }

    void add_unread(const held_line& held)
    {
        add_unread(held.number, held.text, "cut off or malformed");
    }
    void add_unread(std::size_t number, std::string_view text, std::string_view why)
    {
        constexpr std::size_t longest = 200;
        unread_.push_back({number, std::string{text.substr(0, longest)}, why});
    }

    report_builder reports_;
    std::vector<unread_line> unread_;
    std::optional<held_line> held_;
};

} // namespace detail

// The OOM reports in a kernel log of Linux 2.6.32 or newer.
//
// `text` may come from /dev/kmsg, dmesg with any option, syslog, journalctl with any output but
// export and verbose, or a serial console; other lines may be among the reports, and beginning and
// end be cut off. `page` is the size of a page on the machine that wrote the log. A process's name
// may hold anything, and can't pretend to be a part of a report. What looks like part of one and
// can't be used is in `unread`. Throws nothing but std::bad_alloc; takes time proportional to the
// size of the text.
// Source: mm/oom_kill.c and mm/memcontrol.c of the kernel.
[[nodiscard]] inline oom_log read_oom_reports(std::string_view text, bytes page = page_size())
{
    detail::oom_log_builder log{page};
    detail::kernel_lines lines{text};
    while (const auto line = lines.next()) log.take(*line);
    return log.finish();
}

} // namespace heaplings
