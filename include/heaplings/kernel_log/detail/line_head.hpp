// What stands before the message in a line of a kernel log: the time, the level, the host.
#pragma once

#include <heaplings/kernel_log/detail/scanner.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heaplings::detail {

// A line taken apart into head and message.
struct line_head
{
    enum class origin {
        unknown, // no head
        record,  // a record of /dev/kmsg, whole and escaped
        kernel,  // a line of a record, which may have more of them
        other,   // not from the kernel: a program wrote it
    };

    origin from = origin::unknown;
    std::string_view source;  // who printed it: "T1234", "C0" or the host; empty if not told
    std::string_view message; // what follows the head
    std::optional<std::chrono::microseconds> since_boot;
    bool is_fragment = false; // goes on with the message of the record before (Linux < 4.10)
};

// Passes over a text of the form `pattern`: whether it came next. '#' stands for a digit, '~' for
// a digit or a blank, '@' for a letter.
inline bool skip_pattern(scanner& line, std::string_view pattern) noexcept
{
    const std::string_view text = line.rest().substr(0, pattern.size());
    if (text.size() < pattern.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = text[i];
        const bool digit = '0' <= c && c <= '9';
        const bool letter = ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z');
        const bool fits = pattern[i] == '#'   ? digit
                          : pattern[i] == '~' ? digit || c == ' '
                          : pattern[i] == '@' ? letter
                                              : c == pattern[i];
        if (!fits) return false;
    }
    return line.skip(text);
}

// Passes over `12.345678`, seconds since the machine's start.
[[nodiscard]] inline std::optional<std::chrono::microseconds> take_seconds(scanner& line) noexcept
{
    constexpr std::int64_t most = 1'000'000'000'000;
    const scanner before = line;
    const auto seconds = line.number<std::int64_t>();
    if (seconds && 0 <= *seconds && *seconds < most && line.skip(".")) {
        const std::string_view digits = line.rest();
        if (skip_pattern(line, "######")) {
            const auto fraction = scanner{digits.substr(0, 6)}.number<std::int64_t>();
            return std::chrono::seconds{*seconds} + std::chrono::microseconds{fraction.value_or(0)};
        }
    }
    line = before;
    return std::nullopt;
}

// Passes over `[  T1234]`, who printed it (CONFIG_PRINTK_CALLER).
inline void take_caller(scanner& line, line_head& head) noexcept
{
    scanner ahead = line;
    if (!ahead.skip("[")) return;
    ahead.skip_blanks();
    const auto caller = ahead.before("]");
    if (!caller || caller->size() < 2 || (caller->front() != 'T' && caller->front() != 'C')) return;
    if (caller->substr(1).find_first_not_of("0123456789") != caller->npos) return;
    head.source = *caller;
    line = ahead;
}

// Passes over a time in brackets: `[    4.471920] `, `[    4.471920 <    0.000012>] `,
// `[Mon Nov 23 07:18:41 2026] `, `[Nov23 07:18] ` or `[  +0.000012] `. Whether there was one.
inline bool take_bracketed_time(scanner& line, line_head& head) noexcept
{
    scanner ahead = line;
    if (!ahead.skip("[")) return false;
    ahead.skip_blanks();
    if (const auto time = take_seconds(ahead)) {
        head.since_boot = time;
        if (ahead.skip(" <") && !ahead.before(">")) return false;
    } else if (ahead.skip("+")) {
        if (!take_seconds(ahead)) return false;
    } else if (!skip_pattern(ahead, "@@@ @@@ ~# ##:##:## ####") &&
               !skip_pattern(ahead, "@@@~# ##:##")) {
        return false;
    }
    if (!ahead.skip("]")) return false;
    take_caller(ahead, head);
    if (!ahead.skip(" ") && !ahead.at_end()) return false;
    line = ahead;
    return true;
}

// Passes over `<4>`, the level that dmesg -r and a serial console show: the facility, 0 for the
// kernel, or nothing if there is none.
[[nodiscard]] inline std::optional<unsigned> take_priority(scanner& line) noexcept
{
    scanner ahead = line;
    if (!ahead.skip("<")) return std::nullopt;
    const auto priority = ahead.number<unsigned>();
    if (!priority || *priority > 0xffff || !ahead.skip(">")) return std::nullopt;
    line = ahead;
    return *priority / 8;
}

// The same in the words of dmesg -x: `kern  :warn  : `.
[[nodiscard]] inline std::optional<unsigned> take_decoded_priority(scanner& line) noexcept
{
    constexpr std::string_view facilities[] = {"kern", "user",   "mail",     "daemon",
                                               "auth", "syslog", "lpr",      "news",
                                               "uucp", "cron",   "authpriv", "ftp"};
    constexpr std::string_view levels[] = {"emerg", "alert",  "crit", "err",
                                           "warn",  "notice", "info", "debug"};
    unsigned facility = 0;
    for (const std::string_view name : facilities) {
        scanner ahead = line;
        if (ahead.skip(name) && (ahead.skip_blanks(), ahead.skip(":"))) {
            for (const std::string_view level : levels) {
                if (ahead.skip(level) && (ahead.skip_blanks(), ahead.skip(": "))) {
                    line = ahead;
                    return facility;
                }
            }
        }
        ++facility;
    }
    return std::nullopt;
}

// Passes over either.
[[nodiscard]] inline std::optional<unsigned> take_facility(scanner& line) noexcept
{
    const auto facility = take_priority(line);
    return facility ? facility : take_decoded_priority(line);
}

// Passes over `host kernel: `, or `kernel: ` of journalctl --no-hostname: whether that came next.
inline bool take_host(scanner& line, line_head& head) noexcept
{
    if (line.skip("kernel: ")) return true;
    scanner ahead = line;
    const auto host = ahead.before(" ");
    if (!host || host->empty() || !ahead.skip("kernel: ")) return false;
    head.source = *host;
    line = ahead;
    return true;
}

// Passes over the time that begins a line of syslog or of journalctl: whether there was one. That
// of `dmesg --time-format iso` has a comma in its fraction, and no host follows.
inline bool take_wall_time(scanner& line, bool& host_follows) noexcept
{
    scanner ahead = line;
    host_follows = true;
    const bool iso = skip_pattern(ahead, "####-##-##T##:##:##");
    if (iso) {
        host_follows = !ahead.rest().starts_with(',');
    } else if (!skip_pattern(ahead, "@@@ ~# ##:##:##") &&
               !skip_pattern(ahead, "@@@ ####-##-## ##:##:## ") &&
               !skip_pattern(ahead, "##########.######")) {
        return false;
    }
    // The fraction, the zone.
    if (!ahead.before(" ")) return false;
    line = ahead;
    return true;
}

// The head of a record of /dev/kmsg, `4,1952,2515584789,-,caller=T7;`
// (Documentation/ABI/testing/dev-kmsg). Whether there was one.
inline bool take_record_head(scanner& line, line_head& head) noexcept
{
    scanner ahead = line;
    const auto priority = ahead.number<unsigned>();
    if (!priority || !ahead.skip(",") || !ahead.number<std::uint64_t>() || !ahead.skip(",")) {
        return false;
    }
    const auto time = ahead.number<std::int64_t>();
    if (!time || !ahead.skip(",")) return false;
    auto flags = ahead.before(";");
    if (!flags) return false;

    head.since_boot = std::chrono::microseconds{*time};
    head.is_fragment = flags->starts_with('+');
    if (const auto caller = flags->find("caller="); caller != flags->npos) {
        head.source = flags->substr(caller + 7);
    }
    head.from = *priority < 8 ? line_head::origin::record : line_head::origin::other;
    line = ahead;
    return true;
}

} // namespace heaplings::detail
