#include "kill_shown.hpp"

#include "text.hpp"

#include <heaplings/kernel_log.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <vector>

namespace heaplings::tools {

namespace {

// The lines that a report takes in.
std::span<const std::string> lines_of(const oom_report& report,
                                      const std::vector<std::string>& lines)
{
    const std::size_t end = std::min(report.last_line, lines.size());
    return std::span{lines}.first(end).subspan(std::min(report.first_line - 1, end));
}

// The last line that says so of this process: a group kill tells of its first victim twice.
std::string kill_line(std::span<const std::string> lines, pid_t victim)
{
    const std::string mark = fmt::format("Killed process {} (", victim);
    for (std::size_t i = lines.size(); i-- > 0;) {
        if (lines[i].find(mark) != std::string::npos) return lines[i];
    }
    return "";
}

// The words of a row of the table: the pid, which stands in brackets, `columns` - 2 more, and what
// is left, the name, which may hold blanks. Nothing if this is no such row.
std::optional<std::vector<std::string>> cells_of(std::string_view line, std::size_t columns)
{
    std::size_t at = line.find('[');
    if (at == std::string_view::npos) return std::nullopt;
    std::vector<std::string> cells;
    constexpr std::string_view between = " []";
    while (cells.size() + 1 < columns) {
        const std::size_t begin = line.find_first_not_of(between, at);
        if (begin == std::string_view::npos) return std::nullopt;
        at = std::min(line.find_first_of(between, begin), line.size());
        cells.emplace_back(line.substr(begin, at - begin));
    }
    cells.emplace_back(line.substr(std::min(line.find_first_not_of(' ', at), line.size())));
    return cells;
}

std::string table_row(const oom_report& report, std::span<const std::string> lines, pid_t victim)
{
    const std::vector<std::string>& heads = report.task_columns;
    if (heads.empty()) return "";
    for (const std::string& line : lines) {
        // Times stand in brackets as well: the row's are the last that begin a number of the table.
        const std::size_t row = line.find(fmt::format(" {}] ", victim));
        if (row == std::string::npos) continue;
        const auto cells =
            cells_of(std::string_view{line}.substr(line.rfind('[', row)), heads.size());
        if (!cells || cells->front() != std::to_string(victim)) continue;
        std::string head = "   ";
        std::string values = "   ";
        for (std::size_t i = 0; i + 1 < heads.size(); ++i) {
            const std::size_t width = std::max(heads[i].size(), (*cells)[i].size());
            head += fmt::format(" {:>{}}", heads[i], width);
            values += fmt::format(" {:>{}}", (*cells)[i], width);
        }
        return fmt::format("{} {}\n{} {}\n", head, heads.back(), values, cells->back());
    }
    return "";
}

} // namespace

std::string plot_of(std::span<const bytes> free)
{
    constexpr std::size_t widest = 60;
    constexpr std::int64_t rows = 5;
    const std::size_t width = std::min(widest, free.size());
    std::vector<std::int64_t> columns;
    for (std::size_t i = 0; i < width; ++i) {
        const auto first = free.begin() + static_cast<std::ptrdiff_t>(i * free.size() / width);
        const auto end = free.begin() + static_cast<std::ptrdiff_t>((i + 1) * free.size() / width);
        columns.push_back(std::min_element(first, end)->count());
    }
    if (columns.empty()) return "";
    const std::int64_t highest = std::max<std::int64_t>(*std::ranges::max_element(columns), 1);
    std::string plot;
    for (std::int64_t row = rows; row > 0; --row) {
        std::string line;
        for (const std::int64_t column : columns) {
            line += column * rows >= highest * row ? '#' : ' ';
        }
        line.erase(line.find_last_not_of(' ') + 1);
        const double mib = static_cast<double>(highest) / (1024.0 * 1024.0);
        plot += row == rows ? fmt::format("  {:>6.1f} MiB |{}\n", mib, line)
                            : fmt::format("             |{}\n", line);
    }
    return plot + fmt::format("       0 MiB +{}> killed\n", std::string(width, '-'));
}

std::string show_last_kill(std::string_view log, std::span<const bytes> free)
{
    const oom_log read = read_oom_reports(log);
    const auto last = std::find_if(read.reports.rbegin(), read.reports.rend(),
                                   [](const oom_report& each) { return !each.victims.empty(); });
    if (last == read.reports.rend()) return "";
    const std::vector<std::string> lines = split(log, '\n');
    const pid_t victim = last->victims.back().pid;
    std::string text = "  the kernel's log tells of the kill:\n" +
                       wrapped(kill_line(lines_of(*last, lines), victim), 4);
    if (const std::string row = table_row(*last, lines_of(*last, lines), victim); !row.empty()) {
        text += "  the victim's row of the task table, memory in pages:\n" + row;
    }
    if (const std::string plot = plot_of(free); !plot.empty()) {
        text += "  free memory until then:\n" + plot;
    }
    return text;
}

} // namespace heaplings::tools
