// Who the OOM killer takes next, and why.
#pragma once

#include <heaplings/oom_adjuster/prediction.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heaplings {

// All processes in the order in which the OOM killer would take them, if none of them changed.
struct oom_ranking
{
    struct candidate
    {
        pid_t pid;
        oom_prediction prediction;
    };

    oom_machine machine{};
    std::vector<candidate> candidates; // the first is killed first; exempt processes are not here
    std::size_t exempt = 0;
    std::size_t unreadable = 0; // hidden by the mount option hidepid, for one (proc(5))

    // The next victim; null if there is none.
    [[nodiscard]] const candidate* next_victim() const noexcept
    {
        return candidates.empty() ? nullptr : candidates.data();
    }
};

// Ranks the processes in `proc` by badness, which is finer than oom_score. At a tie the greater pid
// comes first: the kernel takes the younger process.
//
// This is the order for a shortage of the whole machine. In a memory cgroup the kernel considers
// only that group's processes and takes its limit for the total; with vm.oom_kill_allocating_task
// it takes whoever asked for memory.
// Throws std::system_error if `proc` or its meminfo can't be read, parse_error for malformed files;
// a process that can't be read is only counted.
[[nodiscard]] inline oom_ranking rank_by_oom_badness(std::string_view proc = "/proc")
{
    oom_ranking ranking;
    ranking.machine = read_oom_machine(proc);
    detail::pid_entries processes{proc};
    while (const auto pid = processes.next()) {
        try {
            const auto p = predict_oom_score(process_id{*pid}, ranking.machine, proc);
            if (!p) continue;
            if (p->exemption == oom_exemption::none) {
                ranking.candidates.push_back({*pid, *p});
            } else {
                ++ranking.exempt;
            }
        } catch (const std::system_error&) {
            ++ranking.unreadable;
        }
    }
    std::sort(ranking.candidates.begin(), ranking.candidates.end(),
              [](const oom_ranking::candidate& a, const oom_ranking::candidate& b) {
                  if (a.prediction.badness != b.prediction.badness) {
                      return a.prediction.badness > b.prediction.badness;
                  }
                  return a.pid > b.pid;
              });
    return ranking;
}

// The next victim with the reason in words, for people:
//
//     next victim: pid 4242 (hog), badness 130072 pages of 500000
//     it has 80072 pages (resident ..., in swap ..., page tables ...)
//     oom_score_adj 100 counts as 50000 pages more
//     next in line: pid 17 (editor), badness 3000 pages
[[nodiscard]] inline std::string explain_next_victim(const oom_ranking& ranking)
{
    std::ostringstream out;
    if (const auto* victim = ranking.next_victim()) {
        const oom_prediction& p = victim->prediction;
        out << "next victim: pid " << victim->pid << " (" << p.name << "), badness " << p.badness
            << " pages of " << ranking.machine.total_pages << "\nit has " << p.pages()
            << " pages (resident " << p.resident << ", in swap " << p.swapped << ", page tables "
            << p.page_tables << ")\noom_score_adj " << p.adj;
        const std::int64_t adjusted = p.badness - p.pages();
        if (adjusted == 0) out << " changes nothing";
        if (adjusted > 0) out << " counts as " << adjusted << " pages more";
        if (adjusted < 0) out << " counts as " << -adjusted << " pages less";
        out << '\n';
        if (ranking.candidates.size() > 1) {
            const oom_ranking::candidate& second = ranking.candidates[1];
            out << "next in line: pid " << second.pid << " (" << second.prediction.name
                << "), badness " << second.prediction.badness << " pages\n";
        }
    } else {
        out << "no process may be killed: the kernel would panic\n";
    }
    if (ranking.unreadable > 0) {
        out << "not considered: " << ranking.unreadable << " processes that may not be read\n";
    }
    return out.str();
}

} // namespace heaplings
