// Computes with numbers of 32 bits.
// refused by: commas between the digits belong to the number, which may need 64 bits

#include "spec/read_summary.hpp"

#include <algorithm>

namespace {

// Takes the first number off the front of `text`, with all that precedes it.
std::size_t take_number(std::string_view& text)
{
    text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
    unsigned number = 0;
    while (!text.empty()) {
        const char c = text.front();
        if (c >= '0' && c <= '9')
            number = number * 10 + static_cast<unsigned>(c - '0');
        else if (c != ',')
            break;
        text.remove_prefix(1);
    }
    return number;
}

// Takes `label` off the front of `text`, if it begins so.
bool take(std::string_view label, std::string_view& text)
{
    if (!text.starts_with(label)) return false;
    text.remove_prefix(label.size());
    return true;
}

// Takes ==4711== and the spaces behind it off a line of Valgrind's.
bool take_prefix(std::string_view& line)
{
    if (!take("==", line)) return false;
    const std::size_t digits = line.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return false;
    line.remove_prefix(digits);
    if (!take("==", line)) return false;
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return true;
}

lost bytes_and_blocks(std::string_view text)
{
    const std::size_t bytes = take_number(text);
    return {bytes, take_number(text)};
}

} // namespace

std::optional<summary> read_summary(std::string_view report)
{
    summary numbers{};
    bool heap = false;
    bool leaks = false;
    while (!report.empty()) {
        std::string_view line = report.substr(0, report.find('\n'));
        report.remove_prefix(std::min(line.size() + 1, report.size()));
        if (!take_prefix(line)) continue;

        if (take("in use at exit:", line)) {
            const lost in_use = bytes_and_blocks(line);
            numbers.in_use_bytes = in_use.bytes;
            numbers.in_use_blocks = in_use.blocks;
            heap = true;
        } else if (take("total heap usage:", line)) {
            numbers.allocs = take_number(line);
            numbers.frees = take_number(line);
        } else if (line.starts_with("LEAK SUMMARY:") || line.ends_with("no leaks are possible")) {
            leaks = true;
        } else if (take("definitely lost:", line)) {
            numbers.definite = bytes_and_blocks(line);
        } else if (take("indirectly lost:", line)) {
            numbers.indirect = bytes_and_blocks(line);
        } else if (take("possibly lost:", line)) {
            numbers.possible = bytes_and_blocks(line);
        } else if (take("still reachable:", line)) {
            numbers.reachable = bytes_and_blocks(line);
        } else if (take("suppressed:", line)) {
            numbers.suppressed = bytes_and_blocks(line);
        }
    }
    if (!heap || !leaks) return std::nullopt;
    return numbers;
}
