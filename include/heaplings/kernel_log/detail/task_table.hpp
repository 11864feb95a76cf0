// The table of processes in an OOM report. Its columns differ by kernel; the header names them.
#pragma once

#include <heaplings/kernel_log/detail/scanner.hpp>
#include <heaplings/kernel_log/oom_report.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::detail {

// The columns of the header `[  pid  ]   uid  tgid total_vm      rss ... name`; nothing if `text`
// is none.
[[nodiscard]] inline std::optional<std::vector<std::string>> parse_columns(std::string_view text)
{
    constexpr std::size_t most = 32;
    scanner line{text};
    if (!line.skip("[") || !line.skip_blanks() || !line.skip("pid")) return std::nullopt;
    if (!line.skip_blanks() || !line.skip("]")) return std::nullopt;
    std::vector<std::string> columns{"pid"};
    while (line.skip_blanks() && !line.at_end() && columns.size() < most) {
        const std::string_view column = line.rest().substr(0, line.rest().find(' '));
        columns.emplace_back(column);
        line.skip(column);
    }
    if (!line.at_end() || columns.back() != "name") return std::nullopt;
    return columns;
}

// A column whose number is a size: of so many pages if not of bytes. Several may add up.
struct size_column
{
    std::string_view name;
    std::optional<bytes> oom_task::*member;
    bool in_pages;
};

inline constexpr size_column size_columns[] = {
    {"rss_anon", &oom_task::anon, true},
    {"rss_file", &oom_task::file, true},
    {"rss_shmem", &oom_task::shmem, true},
    {"swapents", &oom_task::swapped, true},
    {"pgtables_bytes", &oom_task::page_tables, false},
    {"nr_ptes", &oom_task::page_tables, true}, // these three before 4.15
    {"nr_pmds", &oom_task::page_tables, true},
    {"nr_puds", &oom_task::page_tables, true},
};

// Takes the next number of `row`, which is of `column`: whether it is one.
[[nodiscard]] inline bool take_value(scanner& row, std::string_view column, bytes page,
                                     oom_task& task) noexcept
{
    const auto into = [](auto& member, const auto& value) {
        if (value) member = *value;
        return value.has_value();
    };
    if (column == "uid") return into(task.uid, row.user());
    if (column == "tgid") return into(task.tgid, row.number<pid_t>());
    if (column == "total_vm") return into(task.total_vm, row.size(page));
    if (column == "rss") return into(task.resident, row.size(page));
    if (column == "oom_adj") return into(task.oom_adj, row.number<int>());
    if (column == "oom_score_adj") return into(task.oom_score_adj, row.number<int>());
    for (const size_column& known : size_columns) {
        if (column != known.name) continue;
        const auto size = row.size(known.in_pages ? page : bytes{1});
        const bytes before = (task.*known.member).value_or(bytes{});
        if (!size || size->count() > INT64_MAX - before.count()) return false;
        task.*known.member = before + *size;
        return true;
    }
    return row.number<std::int64_t>().has_value();
}

// Whether `text` begins as a row does: `[  28661]     0 28661`.
[[nodiscard]] inline bool is_task(std::string_view text) noexcept
{
    scanner row{text};
    if (!row.skip("[")) return false;
    row.skip_blanks();
    return row.number<pid_t>() && row.skip("]") && row.skip_blanks() && row.user() &&
           row.skip_blanks() && row.number<pid_t>();
}

// The process in a row; nothing if `text` does not fit the columns. One blank divides the name,
// which is the rest of the line, from the last number.
[[nodiscard]] inline std::optional<oom_task>
parse_task(std::string_view text, const std::vector<std::string>& columns, bytes page)
{
    oom_task task;
    scanner row{text};
    if (!row.skip("[")) return std::nullopt;
    row.skip_blanks();
    const auto pid = row.number<pid_t>();
    if (!pid || !row.skip("]")) return std::nullopt;
    task.pid = *pid;
    for (std::size_t i = 1; i + 1 < columns.size(); ++i) {
        if (!row.skip_blanks() || !take_value(row, columns[i], page, task)) return std::nullopt;
    }
    if (!row.skip(" ") && !row.at_end()) return std::nullopt;
    task.name = row.rest();
    return task;
}

} // namespace heaplings::detail
