// From the text of a kernel log to OOM reports.
#pragma once

#include <heaplings/kernel_log/detail/kernel_lines.hpp>
#include <heaplings/kernel_log/detail/report_builder.hpp>
#include <heaplings/kernel_log/oom_report.hpp>
#include <heaplings/units.hpp>

#include <string_view>

namespace heaplings {

// The OOM reports in a kernel log of Linux 2.6.32 or newer.
//
// `text` may come from /dev/kmsg, dmesg with any option, syslog, journalctl with any output but
// export, verbose and json-pretty, or a serial console; other lines may be among the reports, and
// beginning and end be cut off. What looks like part of a report and can't be used is in `unread`.
// `page` is the size of a page on the machine that wrote the log; it is positive.
//
// A process's name may hold anything and is read whole; only in a text whose lines have no time, as
// that of `dmesg --notime`, may it pass for the head of a line.
// Throws nothing but std::bad_alloc; takes time proportional to the size of the text.
// Source: mm/oom_kill.c and mm/memcontrol.c of the kernel.
[[nodiscard]] inline oom_log read_oom_reports(std::string_view text, bytes page = page_size())
{
    detail::report_builder reports{page};
    detail::kernel_lines lines{text};
    while (const auto line = lines.next()) reports.take(*line);
    return reports.finish();
}

} // namespace heaplings
