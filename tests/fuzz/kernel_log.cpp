// Any text is read as a kernel log, without a fault and without more values than it has lines.
#include <heaplings/kernel_log.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

void require(bool holds, const char* what)
{
    if (holds) return;
    std::cerr << "does not hold: " << what << '\n';
    std::abort();
}

void check(const heaplings::oom_report& report, std::size_t lines)
{
    require(report.first_line >= 1 && report.last_line <= lines, "lines are in the text");
    require(report.first_line <= report.last_line, "a report begins before it ends");
    const std::size_t values = report.tasks.size() + report.victims.size() + report.reaped.size();
    require(values <= report.last_line - report.first_line + 1, "a line gives one value at most");
    require(report.task_columns.size() <= 33, "a table has few columns");
    for (const heaplings::oom_victim& victim : report.victims) {
        require(victim.resident() >= heaplings::bytes{} || !victim.anon, "sizes are not negative");
    }
    const std::string sentence = to_string(report);
    require(
        std::none_of(sentence.begin(), sentence.end(), [](char c) { return 0 <= c && c < ' '; }),
        "a sentence holds no control characters");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    // From a copy of exactly this size: a read beyond it is seen.
    const std::string copy{data, data + size};
    const std::string_view text{copy};
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    const heaplings::oom_log log = heaplings::read_oom_reports(text, heaplings::bytes{4096});

    require(log.reports.size() <= lines, "a line begins one report at most");
    require(log.unread.size() <= lines, "a line is unread once at most");
    for (const auto& report : log.reports) check(report, lines);
    require(
        std::is_sorted(log.reports.begin(), log.reports.end(),
                       [](const auto& a, const auto& b) { return a.first_line < b.first_line; }),
        "reports are in order");
    for (const auto& unread : log.unread) {
        require(unread.line >= 1 && unread.line <= lines, "unread lines are in the text");
        require(unread.text.size() <= 200, "the text of an unread line is short");
    }
    return 0;
}
