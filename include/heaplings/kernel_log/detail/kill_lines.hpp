// The lines of an OOM report that name a process: who was chosen, killed, reaped. A process's name
// may hold anything, so it is what is left between a line's fixed beginning and its fixed end.
#pragma once

#include <heaplings/kernel_log/detail/scanner.hpp>
#include <heaplings/kernel_log/oom_report.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heaplings::detail {

// The longest name of a process: TASK_COMM_LEN without the final null (prctl(2), PR_SET_NAME).
inline constexpr std::size_t longest_name = 15;

// What follows `verb`, as "Killed process ", if nothing but the kernel's reason precedes it.
struct reasoned_text
{
    std::string_view reason; // "Memory cgroup out of memory", or empty
    std::string_view rest;
};

[[nodiscard]] inline std::optional<reasoned_text> after_reason(std::string_view text,
                                                               std::string_view verb) noexcept
{
    const auto index = text.find(verb);
    if (index == text.npos) return std::nullopt;
    std::string_view reason = text.substr(0, index);
    if (reason.ends_with(": ")) {
        reason.remove_suffix(2);
        const bool known = reason.starts_with("Out of memory") ||
                           reason.starts_with("Memory cgroup out of memory") ||
                           reason.starts_with("No available memory");
        if (!known) return std::nullopt;
    } else if (!reason.empty()) {
        return std::nullopt;
    }
    return reasoned_text{reason, text.substr(index + verb.size())};
}

// `total-vm:146924kB, anon-rss:53924kB, file-rss:4832kB, shmem-rss:0kB, UID:0 pgtables:164kB
// oom_score_adj:167`, as much of it as that kernel has: whether it is well-formed. What a
// distribution adds is passed over.
[[nodiscard]] inline bool read_sizes(scanner text, oom_victim& victim) noexcept
{
    do {
        const auto key = text.before(":");
        if (!key) return false;
        const auto size_into = [&](std::optional<bytes>& member) {
            return (member = text.kilobytes()).has_value();
        };
        bool fits = true;
        if (*key == "total-vm" || *key == "vsz") {
            fits = size_into(victim.total_vm);
        } else if (*key == "anon-rss") {
            fits = size_into(victim.anon);
        } else if (*key == "file-rss") {
            fits = size_into(victim.file);
        } else if (*key == "shmem-rss") {
            fits = size_into(victim.shmem);
        } else if (*key == "pgtables") {
            fits = size_into(victim.page_tables);
        } else if (*key == "UID") {
            fits = (victim.uid = text.user()).has_value();
        } else if (*key == "oom_score_adj") {
            fits = (victim.oom_score_adj = text.number<int>()).has_value();
        } else {
            text.skip(text.rest().substr(0, text.rest().find_first_of(" ,")));
        }
        if (!fits) return false;
    } while (text.skip(", ") || (text.skip(" ") && !text.at_end()));
    return text.at_end();
}

// What follows `Killed process `: `PID (NAME) SIZES`; in el6 `PID, UID U, (NAME) SIZES`, in el7
// `PID (NAME), UID U, SIZES`. Before 2.6.34 there were no sizes; there was no reason before the
// verb then.
[[nodiscard]] inline std::optional<oom_victim> parse_victim(std::string_view text, bool needs_sizes)
{
    oom_victim victim;
    scanner line{text};
    const auto pid = line.number<pid_t>();
    if (!pid) return std::nullopt;
    victim.pid = *pid;
    if (line.skip(", UID ")) {
        victim.uid = line.user();
        if (!victim.uid || !line.skip(",")) return std::nullopt;
    }
    if (!line.skip(" (")) return std::nullopt;

    std::string_view name = line.rest();
    for (const std::string_view first : {" total-vm:", " vsz:"}) {
        const auto sizes = name.rfind(first);
        oom_victim sized = victim;
        if (sizes != name.npos && read_sizes(scanner{name.substr(sizes + 1)}, sized)) {
            victim = std::move(sized);
            name = name.substr(0, sizes);
            needs_sizes = false;
            break;
        }
    }
    if (needs_sizes) return std::nullopt;
    if (name.ends_with(',')) {
        const auto user = name.rfind("), UID ");
        if (user == name.npos) return std::nullopt;
        scanner uid{name.substr(user + 7)};
        victim.uid = uid.user();
        if (!victim.uid || uid.rest() != ",") return std::nullopt;
        name = name.substr(0, user + 1);
    }
    if (!name.ends_with(')')) return std::nullopt;
    name.remove_suffix(1);
    victim.name = name;
    return victim;
}

// What follows `Kill process `, up to Linux 5.0: `PID (NAME) score N or sacrifice child`.
[[nodiscard]] inline std::optional<oom_choice> parse_choice(std::string_view text)
{
    scanner line{text};
    const auto pid = line.number<pid_t>();
    if (!pid || !line.skip(" (")) return std::nullopt;
    const auto name = line.before_last(") score ");
    const auto badness = line.number<std::int64_t>();
    if (!name || !badness || !line.skip(" or ")) return std::nullopt;
    return oom_choice{*pid, std::string{*name}, std::nullopt, badness};
}

// What follows `Kill process `, up to Linux 4.4, of one that goes with the victim: `PID (NAME)
// sharing same memory`.
[[nodiscard]] inline std::optional<oom_victim> parse_sharing_victim(std::string_view text)
{
    scanner line{text};
    const auto pid = line.number<pid_t>();
    if (!pid || !line.skip(" (")) return std::nullopt;
    const auto name = line.before_last(") sharing same memory");
    if (!name || !line.at_end()) return std::nullopt;
    oom_victim victim;
    victim.pid = *pid;
    victim.name = *name;
    return victim;
}

// What follows `oom_reaper: `: `reaped process PID (NAME), now anon-rss:0kB, file-rss:0kB,
// shmem-rss:0kB` or `unable to reap pid:PID (NAME)`.
[[nodiscard]] inline std::optional<oom_reaping> parse_reaping(std::string_view text)
{
    oom_reaping reaping;
    scanner line{text};
    reaping.succeeded = line.skip("reaped process ");
    if (!reaping.succeeded && !line.skip("unable to reap pid:")) return std::nullopt;
    const auto pid = line.number<pid_t>();
    if (!pid || !line.skip(" (")) return std::nullopt;
    reaping.pid = *pid;

    const auto name = line.before_last(reaping.succeeded ? "), now " : ")");
    if (!name || (!reaping.succeeded && !line.at_end())) return std::nullopt;
    reaping.name = *name;
    if (reaping.succeeded) {
        oom_victim left;
        if (!read_sizes(line, left)) return std::nullopt;
        reaping.anon = left.anon;
        reaping.file = left.file;
        reaping.shmem = left.shmem;
    }
    return reaping;
}

} // namespace heaplings::detail
