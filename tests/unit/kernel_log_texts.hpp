// Kernel messages, and the texts that tools and daemons make of them.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kernel_log_texts {

// What the kernel printed: a message may have several lines.
struct record
{
    int level = 6;
    std::int64_t microseconds = 0;
    std::string message;
};
using records = std::vector<record>;

inline std::string read_file(const std::filesystem::path& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error{"cannot read " + path.string()};
    return {std::istreambuf_iterator<char>{file}, {}};
}

inline std::filesystem::path recorded(std::string_view name)
{
    return std::filesystem::path{HEAPLINGS_TEST_DATA} / "oom_logs" / name;
}

template <typename... Arguments>
std::string print(const char* format, Arguments... arguments)
{
    char buffer[256];
    const int size = std::snprintf(buffer, sizeof buffer, format, arguments...);
    return {buffer, static_cast<std::size_t>(size)};
}

// `message` with the characters for which `is_special` escaped as `\x0a`.
inline std::string escaped(std::string_view message, bool (*is_special)(unsigned char))
{
    std::string out;
    for (const char c : message) {
        const auto code = static_cast<unsigned char>(c);
        out += is_special(code) ? print("\\x%02x", code) : std::string(1, c);
    }
    return out;
}

// The records of a recorded text of /dev/kmsg.
inline records records_of(const std::string& kmsg)
{
    records all;
    std::istringstream lines{kmsg};
    for (std::string line; std::getline(lines, line);) {
        record r;
        std::sscanf(line.c_str(), "%d,%*d,%ld", &r.level, &r.microseconds);
        const std::string text = line.substr(line.find(';') + 1);
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool escape = text.compare(i, 2, "\\x") == 0;
            r.message +=
                escape ? static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16)) : text[i];
            if (escape) i += 3;
        }
        all.push_back(r);
    }
    return all;
}

// How a form prints the second and further lines of a message.
enum class more_lines { with_head, indented, bare };

// The text of `all` with `head` before each message, and what dmesg escapes.
inline std::string with_heads(const records& all,
                              const std::function<std::string(const record&)>& head,
                              more_lines more, std::string_view line_end = "\n")
{
    std::string text;
    for (const record& r : all) {
        const std::string before = head(r);
        const std::string further = more == more_lines::with_head  ? before
                                    : more == more_lines::indented ? std::string(before.size(), ' ')
                                                                   : std::string{};
        text += before;
        for (const char c : r.message) {
            const auto code = static_cast<unsigned char>(c);
            if (c == '\n') {
                text.append(line_end).append(further);
            } else if (std::isprint(code) == 0 && std::isspace(code) == 0) {
                text += print("\\x%02x", code);
            } else {
                text += c;
            }
        }
        text += line_end;
    }
    return text;
}

inline std::string boot_time(const record& r)
{
    return print("%5ld.%06ld", r.microseconds / 1'000'000, r.microseconds % 1'000'000);
}
inline std::string clock_time(const record& r)
{
    const std::int64_t seconds = r.microseconds / 1'000'000;
    return print("%02ld:%02ld:%02ld", 7 + seconds / 3600 % 10, seconds / 60 % 60, seconds % 60);
}
inline long fraction(const record& r)
{
    return r.microseconds % 1'000'000;
}
inline std::string level_name(const record& r)
{
    constexpr const char* names[] = {"emerg", "alert",  "crit", "err",
                                     "warn",  "notice", "info", "debug"};
    return names[r.level];
}

// /dev/kmsg
inline std::string as_kmsg(const records& all)
{
    std::string text;
    int number = 100;
    for (const record& r : all) {
        text += print("%d,%d,%ld,-;", r.level, number++, r.microseconds);
        text += escaped(r.message, [](unsigned char c) { return c < 32 || c >= 127 || c == '\\'; });
        text += "\n SUBSYSTEM=memory\n";
    }
    return text;
}

// Lines of `journalctl -o json`, among them one of a program.
inline std::string as_journal_json(const records& all, bool as_bytes)
{
    const nlohmann::json program{{"_TRANSPORT", "syslog"},
                                 {"MESSAGE", "Out of memory: Killed process 1 (x)"}};
    std::string text = program.dump() + "\n";
    for (const record& r : all) {
        nlohmann::json line{{"_TRANSPORT", "kernel"}, {"PRIORITY", std::to_string(r.level)}};
        if (as_bytes) {
            for (const char c : r.message) line["MESSAGE"] += static_cast<unsigned char>(c);
        } else {
            line["MESSAGE"] = r.message;
        }
        text += line.dump(-1, ' ', true) + "\n";
    }
    return text;
}

// dmesg --json
inline std::string as_dmesg_json(const records& all)
{
    std::string text = "{\n   \"dmesg\": [\n";
    for (const record& r : all) {
        text += "      {\n         \"pri\": " + std::to_string(r.level) + ",\n";
        text += "         \"time\":  " + boot_time(r) + ",\n";
        text += "         \"msg\": " + nlohmann::json(r.message).dump() + "\n      },\n";
    }
    return text + "   ]\n}\n";
}

struct form
{
    std::string name;
    std::function<std::string(const records&)> text;
};

// Forms whose lines begin with a time.
inline std::vector<form> forms_with_heads()
{
    std::vector<form> forms;
    const auto add = [&](std::string name, std::function<std::string(const record&)> head,
                         more_lines more, std::string_view line_end = "\n") {
        forms.push_back({std::move(name), [=](const records& all) {
                             return with_heads(all, head, more, line_end);
                         }});
    };
    const auto dmesg = [](const record& r) { return "[" + boot_time(r) + "] "; };
    const auto month = [](const record& r) { return "Nov 23 " + clock_time(r); };
    const auto day = [](const record& r) { return "2026-11-23T" + clock_time(r); };
    add("dmesg", dmesg, more_lines::indented);
    add("dmesg of older versions", dmesg, more_lines::bare);
    add("dmesg --force-prefix", dmesg, more_lines::with_head);
    add("a serial console", dmesg, more_lines::with_head, "\r\n");
    add(
        "dmesg with the caller", [=](const record& r) { return "[" + boot_time(r) + "][ T4242] "; },
        more_lines::with_head);
    add(
        "dmesg --show-delta",
        [](const record& r) { return "[" + boot_time(r) + " <    0.000012>] "; },
        more_lines::indented);
    add(
        "dmesg --color=always",
        [](const record& r) { return "\x1b[32m[" + boot_time(r) + "] \x1b[0m\x1b[1m\x1b[31m"; },
        more_lines::with_head, "\x1b[0m\n");
    add(
        "dmesg --ctime", [](const record& r) { return "[Mon Nov 23 " + clock_time(r) + " 2026] "; },
        more_lines::indented);
    add(
        "dmesg --reltime", [](const record& r) { return print("[  +0.%06ld] ", fraction(r)); },
        more_lines::indented);
    add(
        "dmesg --time-format iso",
        [=](const record& r) { return day(r) + print(",%06ld+00:00 ", fraction(r)); },
        more_lines::indented);
    add(
        "dmesg --raw",
        [=](const record& r) { return "<" + std::to_string(r.level) + ">" + dmesg(r); },
        more_lines::with_head);
    add(
        "dmesg --decode",
        [=](const record& r) { return print("kern  :%-6s: ", level_name(r).c_str()) + dmesg(r); },
        more_lines::indented);
    add(
        "dmesg --decode --ctime",
        [=](const record& r) {
            return print("kern  :%-6s: ", level_name(r).c_str()) + "[Mon Nov 23 " + clock_time(r) +
                   " 2026] ";
        },
        more_lines::indented);
    add(
        "syslog", [=](const record& r) { return month(r) + " box kernel: " + dmesg(r); },
        more_lines::with_head);
    add(
        "syslog without the kernel's time",
        [=](const record& r) { return month(r) + " box kernel: "; }, more_lines::with_head);
    add(
        "syslog with ISO time",
        [=](const record& r) {
            return day(r) + print(".%06ld+02:00 box kernel: ", fraction(r)) + dmesg(r);
        },
        more_lines::with_head);
    add(
        "journalctl", [=](const record& r) { return month(r) + " box kernel: "; },
        more_lines::indented);
    add(
        "journalctl --no-hostname", [=](const record& r) { return month(r) + " kernel: "; },
        more_lines::indented);
    add(
        "journalctl -o short-precise",
        [=](const record& r) { return month(r) + print(".%06ld box kernel: ", fraction(r)); },
        more_lines::indented);
    add(
        "journalctl -o short-iso", [=](const record& r) { return day(r) + "+0200 box kernel: "; },
        more_lines::indented);
    add(
        "journalctl -o short-full",
        [](const record& r) { return "Mon 2026-11-23 " + clock_time(r) + " UTC box kernel: "; },
        more_lines::indented);
    add(
        "journalctl -o short-monotonic", [=](const record& r) { return dmesg(r) + "box kernel: "; },
        more_lines::indented);
    add(
        "journalctl -o short-unix",
        [](const record& r) { return print("1795419521.%06ld box kernel: ", fraction(r)); },
        more_lines::indented);
    return forms;
}

// Every form but that of /dev/kmsg.
inline std::vector<form> all_forms()
{
    std::vector<form> forms = forms_with_heads();
    const auto no_head = [](const record&) { return std::string{}; };
    forms.push_back({"dmesg --notime or journalctl -o cat", [=](const records& all) {
                         return with_heads(all, no_head, more_lines::bare);
                     }});
    forms.push_back(
        {"journalctl -o json", [](const records& all) { return as_journal_json(all, false); }});
    forms.push_back({"journalctl -o json with bytes",
                     [](const records& all) { return as_journal_json(all, true); }});
    forms.push_back({"dmesg --json", as_dmesg_json});
    return forms;
}

} // namespace kernel_log_texts
