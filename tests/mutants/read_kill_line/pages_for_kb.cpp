// Takes the memory from the victim's row of the task table, where it is in pages.
// refused by: the victim's memory is in kB, and not in pages

#include "spec/read_kill_line.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

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

// The column rss of the row that begins with [  pid].
long rss_of(pid_t pid, std::string_view log)
{
    const std::string number = std::to_string(pid) + ']';
    for (std::size_t at = 0; (at = log.find(number, at)) != std::string_view::npos; ++at) {
        std::istringstream row{std::string{log.substr(at + number.size(), 80)}};
        long uid = 0;
        long tgid = 0;
        long total_vm = 0;
        long rss = 0;
        if (row >> uid >> tgid >> total_vm >> rss) return rss;
    }
    return 0;
}

} // namespace

std::optional<kill_report> read_kill(std::string_view log)
{
    std::optional<kill_report> last;
    bool memcg = false;
    const std::string_view whole = log;
    while (!log.empty()) {
        const std::string_view line = log.substr(0, log.find('\n'));
        log.remove_prefix(std::min(line.size() + 1, log.size()));

        const std::size_t at = std::min(line.find("Killed process "), line.find("Kill process "));
        if (at == std::string_view::npos) continue;
        const std::string_view before = line.substr(0, at);
        if (before.find("emory cgroup out of memory") != std::string_view::npos) {
            memcg = true;
        } else if (before.find("Out of memory") != std::string_view::npos) {
            memcg = false;
        }
        if (auto report = read_line(line.substr(at))) {
            report->memcg = memcg;
            report->anon_rss_kib = rss_of(report->pid, whole);
            last = report;
        }
    }
    return last;
}
