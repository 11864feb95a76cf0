// Knows one sentence only, and so misses the kills of memory cgroups and of older kernels.
// refused by: a memory cgroup was at its limit: another sentence, the same kill
// refused by: older kernels announce a kill: what happened is in the next line

#include "spec/read_kill_line.hpp"

#include <algorithm>
#include <charconv>

namespace {

// The number at the beginning of `text`; nothing if there is none.
std::optional<long> number_at(std::string_view text)
{
    long number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) {
        return std::nullopt;
    }
    return number;
}

// What a line from "Killed process" on tells.
std::optional<kill_report> read_line(std::string_view line)
{
    constexpr std::string_view mark = "Killed process ";
    constexpr std::string_view size_mark = "anon-rss:";
    if (!line.starts_with(mark)) return std::nullopt;
    const std::size_t sizes = line.rfind("total-vm:");
    if (sizes == std::string_view::npos) return std::nullopt;
    const std::size_t anon = line.find(size_mark, sizes);
    if (anon == std::string_view::npos) return std::nullopt;
    const std::size_t open = line.find('(');
    const std::size_t close = line.rfind(')', sizes);
    if (close == std::string_view::npos || close < open) return std::nullopt;

    const auto pid = number_at(line.substr(mark.size()));
    const auto size = number_at(line.substr(anon + size_mark.size()));
    if (!pid || !size) return std::nullopt;
    return kill_report{.pid = static_cast<pid_t>(*pid),
                       .name = std::string{line.substr(open + 1, close - open - 1)},
                       .anon_rss_kib = *size,
                       .memcg = false};
}

} // namespace

std::optional<kill_report> read_kill(std::string_view log)
{
    std::optional<kill_report> last;
    bool memcg = false;
    while (!log.empty()) {
        const std::string_view line = log.substr(0, log.find('\n'));
        log.remove_prefix(std::min(line.size() + 1, log.size()));

        const std::size_t at = line.find("Killed process ");
        if (line.find("Out of memory: Killed") == std::string_view::npos) continue;
        const std::string_view before = line.substr(0, at);
        if (before.find("emory cgroup out of memory") != std::string_view::npos) {
            memcg = true;
        } else if (before.find("Out of memory") != std::string_view::npos) {
            memcg = false;
        }
        if (auto report = read_line(line.substr(at))) {
            report->memcg = memcg;
            last = report;
        }
    }
    return last;
}
