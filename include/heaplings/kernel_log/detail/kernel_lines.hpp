// The messages of a kernel log, whatever wrote it into a text.
#pragma once

#include <heaplings/kernel_log/detail/line_head.hpp>
#include <heaplings/kernel_log/detail/unescape.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace heaplings::detail {

// A message of the kernel, or a line of one.
struct kernel_line
{
    std::size_t number = 0;   // in the text, from 1
    std::string_view message; // valid until the next line, as `source` is
    std::string_view source;
    std::optional<std::chrono::microseconds> since_boot;
    bool may_continue = false; // may belong to the message before, which a newline divided
};

// Reads a text line by line: records of /dev/kmsg; dmesg, plain and with the options -T, -x, -r,
// -d, -e, -t, -J and --time-format iso; syslog; journalctl in its forms short, short-iso,
// short-precise, short-full, short-monotonic, short-unix, cat and json; a serial console. What
// programs wrote, and not the kernel, is left out where the form tells.
class kernel_lines
{
public:
    explicit kernel_lines(std::string_view text) noexcept : rest_{text} {}

    // The next message; nothing at the end.
    [[nodiscard]] std::optional<kernel_line> next()
    {
        while (!rest_.empty()) {
            const std::string_view line = take_line();
            kernel_line result;
            result.number = number_;
            if (read_line(line, result)) return result;
        }
        return std::nullopt;
    }

private:
    using origin = line_head::origin;

    // No message of the kernel is longer, not even escaped.
    static constexpr std::size_t longest = 16'384;

    [[nodiscard]] std::string_view peek_line() const noexcept
    {
        return rest_.substr(0, std::min({rest_.find('\n'), rest_.size(), longest}));
    }

    void skip_line() noexcept
    {
        const auto size = std::min(rest_.find('\n'), rest_.size());
        rest_.remove_prefix(std::min(size + 1, rest_.size()));
        ++number_;
    }

    std::string_view take_line()
    {
        std::string_view line = peek_line();
        skip_line();
        while (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find("\x1b[") == line.npos) return line;
        uncoloured_.clear();
        append_without_colours(uncoloured_, line);
        return uncoloured_;
    }

    // Whether the line is the kernel's.
    bool read_line(std::string_view line, kernel_line& result)
    {
        message_.clear();
        const auto json = read_json(line);
        const origin from = json.value_or(origin::unknown);
        if (from == origin::other || (from == origin::unknown && !read_text(line, result))) {
            return false;
        }
        result.message = message_;
        return true;
    }

    // Where a line of JSON is from; nothing if it is no such line.
    std::optional<origin> read_json(std::string_view line)
    {
        scanner json{line};
        json.skip_blanks();
        if (!json.rest().starts_with('{') && !json.rest().starts_with("\"msg\"")) return {};
        if (append_json_value(message_, line, "\"_TRANSPORT\"") && message_ != "kernel") {
            return origin::other;
        }
        message_.clear();
        if (append_json_value(message_, line, "\"MESSAGE\"") ||
            append_json_value(message_, line, "\"msg\"")) {
            return last_from_ = origin::record;
        }
        message_.clear();
        return {};
    }

    bool read_text(std::string_view line, kernel_line& result)
    {
        const line_head head = read_head(line);
        result.since_boot = head.since_boot;
        // A property of a record of /dev/kmsg, ` SUBSYSTEM=acpi`, or more of a program's message.
        const bool whole = last_from_ == origin::record || last_from_ == origin::other;
        if (head.from == origin::unknown && whole && line.starts_with(' ')) return false;

        if (head.from != origin::unknown) {
            last_from_ = head.from;
            last_source_ = head.source;
        }
        result.source = last_source_;
        switch (head.from) {
        case origin::other:
            return false;
        case origin::record:
            append_unescaped(message_, head.message, hex_escapes::all);
            append_fragments();
            break;
        case origin::kernel:
            append_unescaped(message_, head.message, hex_escapes::unprintable);
            result.may_continue = same_head(line.substr(0, line.size() - head.message.size()));
            break;
        case origin::unknown:
            append_unescaped(message_, without_indent(line), hex_escapes::unprintable);
            result.may_continue = true;
            break;
        }
        return true;
    }

    // A divided message goes on below its beginning, as newer dmesg and journalctl print it, or at
    // the margin.
    [[nodiscard]] std::string_view without_indent(std::string_view line) const noexcept
    {
        const auto blanks = std::min(line.find_first_not_of(' '), line.size());
        return blanks < last_head_.size() ? line : line.substr(last_head_.size());
    }

    bool same_head(std::string_view head)
    {
        if (last_head_ == head) return true;
        last_head_ = head;
        return false;
    }

    // Before Linux 4.10 what the kernel printed piece by piece came as several records.
    void append_fragments()
    {
        while (message_.size() < longest) {
            line_head head;
            scanner next{peek_line()};
            if (!take_record_head(next, head) || !head.is_fragment) return;
            append_unescaped(message_, next.rest(), hex_escapes::all);
            skip_line();
        }
    }

    line_head read_head(std::string_view text)
    {
        line_head head;
        scanner line{text};
        if (!take_record_head(line, head)) {
            const auto facility = take_facility(line);
            bool host_follows = false;
            if (take_wall_time(line, host_follows)) {
                head.from = origin::kernel;
                if (host_follows) {
                    if (!take_host(line, head)) head.from = origin::other;
                    // As wide as the kernel prints it: a name that looks like it is too long.
                    if (line.rest().find('.') > 5) take_bracketed_time(line, head);
                }
            } else if (take_bracketed_time(line, head)) {
                head.from = origin::kernel;
                take_monotonic_host(line, head);
            } else if (facility) {
                head.from = origin::kernel;
            }
            if (facility.value_or(0) != 0) head.from = origin::other;
        }
        head.message = line.rest();
        return head;
    }

    // `journalctl -o short-monotonic` has host and tag behind a time as dmesg's, in all lines. In
    // only some of them such a text is from a process's name.
    void take_monotonic_host(scanner& line, line_head& head)
    {
        line_head with_host;
        scanner ahead = line;
        const bool found = take_host(ahead, with_host);
        if (!has_monotonic_host_) has_monotonic_host_ = found && next_lines_have(with_host.source);
        if (!has_monotonic_host_) return;
        if (!found) {
            head.from = origin::other; // a program's
            return;
        }
        head.source = with_host.source;
        line = ahead;
    }

    // Whether the next lines that begin with a time have `host` behind it. A process's name may
    // begin two lines of a report, but not three.
    [[nodiscard]] bool next_lines_have(std::string_view host) const
    {
        kernel_lines ahead{rest_};
        for (int i = 0; i < 2; ++i) {
            line_head head;
            scanner line{ahead.take_line()};
            static_cast<void>(take_facility(line));
            if (take_bracketed_time(line, head) && !(line.skip(host) && line.skip(" "))) {
                return false;
            }
        }
        return true;
    }

    std::string_view rest_;
    std::size_t number_ = 0;
    std::string message_;
    std::string uncoloured_;
    std::string last_head_;
    std::string last_source_;
    origin last_from_ = origin::unknown;
    bool has_monotonic_host_ = false;
};

} // namespace heaplings::detail
