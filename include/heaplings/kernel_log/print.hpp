// An OOM report in a sentence for people.
#pragma once

#include <heaplings/kernel_log/oom_report.hpp>

#include <cstddef>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

namespace heaplings {

namespace detail {

// A name or path from the log, with `\x0a` for a character that could trouble a terminal.
struct printable
{
    std::string_view text;

    friend std::ostream& operator<<(std::ostream& out, printable name)
    {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const char c : name.text) {
            const auto code = static_cast<unsigned char>(c);
            if (code >= 0x20 && code != 0x7f) {
                out << c;
            } else {
                out << "\\x" << digits[code >> 4U] << digits[code & 0xfU];
            }
        }
        return out;
    }
};

inline void print_request(std::ostream& out, const oom_report& report)
{
    constexpr int highest_order = 30; // the kernel's is below
    out << printable{*report.invoker} << " asked for ";
    if (!report.order || *report.order < 0 || *report.order > highest_order) {
        out << "memory, ";
    } else if (*report.order == 0) {
        out << "1 page, ";
    } else {
        out << (1U << static_cast<unsigned>(*report.order)) << " pages, ";
    }
}

inline void print_cause(std::ostream& out, const oom_report& report)
{
    if (!report.trigger) {
        out << "memory ran out";
        return;
    }
    switch (*report.trigger) {
    case oom_trigger::global:
        out << "the machine was out of memory";
        break;
    case oom_trigger::memory_cgroup:
        out << "memory cgroup ";
        if (report.oom_cgroup) out << printable{*report.oom_cgroup} << ' ';
        out << "was at its limit";
        if (report.memory) out << " of " << report.memory->limit;
        break;
    case oom_trigger::cpuset:
        out << "the memory nodes of cpuset " << printable{report.cpuset.value_or("")}
            << " were full";
        break;
    case oom_trigger::memory_policy:
        out << "the memory nodes of a policy were full";
        break;
    case oom_trigger::sysrq:
        out << "sysrq asked for a kill";
        break;
    }
}

inline void print_victims(std::ostream& out, const oom_report& report)
{
    constexpr std::size_t most = 8;
    out << "killed ";
    if (report.victims.size() > 1) out << report.victims.size() << " processes: ";
    for (std::size_t i = 0; i < report.victims.size(); ++i) {
        if (i > 0) out << "; ";
        if (i == most) {
            out << "and more";
            break;
        }
        const oom_victim& victim = report.victims[i];
        out << "pid " << victim.pid << " (" << printable{victim.name} << ')';
        if (victim.anon) out << ", resident " << victim.resident();
        if (victim.oom_score_adj) out << ", oom_score_adj " << *victim.oom_score_adj;
    }
    if (report.group_kill) out << "; memory.oom.group of " << printable{*report.group_kill};
    if (report.chosen && report.chosen->pid != report.victims.front().pid) {
        out << ", in place of pid " << report.chosen->pid << " (" << printable{report.chosen->name}
            << ")";
    }
}

} // namespace detail

// Prints what happened, on one line:
//
//     hog asked for 1 page, memory cgroup /job was at its limit of 67,108,864 B (64 MiB): killed
//     pid 86 (hog), resident 33,738,752 B (32.2 MiB), oom_score_adj 0
inline std::ostream& operator<<(std::ostream& out, const oom_report& report)
{
    if (report.invoker && report.trigger != oom_trigger::sysrq) detail::print_request(out, report);
    detail::print_cause(out, report);
    out << ": ";
    if (!report.victims.empty()) {
        detail::print_victims(out, report);
    } else if (report.no_killable_process) {
        out << "no process could be killed";
    } else {
        out << "no kill in this text";
    }
    if (report.panicked) out << "; the kernel panicked";
    return out;
}

// The same as a text.
[[nodiscard]] inline std::string to_string(const oom_report& report)
{
    std::ostringstream out;
    out << report;
    return out.str();
}

// `line 17: cut off or malformed: "Killed process 12 (h"`.
inline std::ostream& operator<<(std::ostream& out, const unread_line& unread)
{
    return out << "line " << unread.line << ": " << unread.why << ": \""
               << detail::printable{unread.text} << '"';
}

} // namespace heaplings
