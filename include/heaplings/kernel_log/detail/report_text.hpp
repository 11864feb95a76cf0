// A text that may be part of an OOM report, and what became of it.
#pragma once

#include <heaplings/kernel_log/detail/kernel_lines.hpp>
#include <heaplings/kernel_log/detail/kill_lines.hpp>

#include <string_view>

namespace heaplings::detail {

// What a line turned out to be.
enum class reading {
    other,     // nothing of a report
    done,      // read
    malformed, // it begins as a line of a report does, but does not go on so
    stray,     // well-formed, but what it belongs to is missing
};

struct report_text
{
    const kernel_line& line; // where it is from
    std::string_view text;   // the line's message, or that of several joined
    bool is_joined = false;

    // Whether `name` can be a process's. What joins lines by mistake mostly makes it too long.
    [[nodiscard]] bool fits(std::string_view name) const noexcept
    {
        return !is_joined || name.size() <= longest_name;
    }
};

} // namespace heaplings::detail
