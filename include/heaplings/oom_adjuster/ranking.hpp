// Who the OOM killer takes next, and why.
#pragma once

#include <heaplings/cgroup/memory_cgroup.hpp>
#include <heaplings/oom_adjuster/prediction.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
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
    std::string cgroup; // the directory of the one that is short; empty: the machine is
    std::vector<candidate> candidates; // the first is killed first; exempt processes are not here
    std::size_t exempt = 0;
    std::size_t unreadable = 0; // hidden by the mount option hidepid, for one (proc(5))

    // The next victim; null if there is none.
    [[nodiscard]] const candidate* next_victim() const noexcept
    {
        return candidates.empty() ? nullptr : candidates.data();
    }
};

namespace detail {

// Puts a process where it belongs in a ranking that is not sorted yet. Throws parse_error.
inline void rank_process(oom_ranking& ranking, pid_t pid, std::string_view proc)
{
    try {
        const auto p = predict_oom_score(process_id{pid}, ranking.machine, proc);
        if (!p) return;
        if (p->exemption == oom_exemption::none) {
            ranking.candidates.push_back({pid, *p});
        } else {
            ++ranking.exempt;
        }
    } catch (const std::system_error&) {
        ++ranking.unreadable;
    }
}

inline void sort_candidates(oom_ranking& ranking)
{
    std::sort(ranking.candidates.begin(), ranking.candidates.end(),
              [](const oom_ranking::candidate& a, const oom_ranking::candidate& b) {
                  if (a.prediction.badness != b.prediction.badness) {
                      return a.prediction.badness > b.prediction.badness;
                  }
                  return a.pid > b.pid;
              });
}

} // namespace detail

// Ranks the processes in `proc` by badness, which is finer than oom_score. At a tie the greater pid
// comes first: the kernel takes the younger process.
//
// This is the order for a shortage of the whole machine. With vm.oom_kill_allocating_task the
// kernel takes whoever asked for memory, if it may.
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if `proc` or its meminfo can't be read, parse_error for malformed files;
// a process that can't be read is only counted.
[[nodiscard]] inline oom_ranking rank_by_oom_badness(std::string_view proc = "/proc")
{
    oom_ranking ranking;
    ranking.machine = read_oom_machine(proc);
    detail::pid_entries processes{proc};
    while (const auto pid = processes.next()) detail::rank_process(ranking, *pid, proc);
    detail::sort_candidates(ranking);
    return ranking;
}

// The same for a shortage under the limit of `cgroup`: only the processes in it and below come into
// question, and the limit is the total. Nothing if the cgroup has no limit of its own.
//
// A process of a pid namespace that `proc` does not show counts as one that can't be read.
[[nodiscard]] inline std::optional<oom_ranking> rank_by_oom_badness(const memory_cgroup& cgroup,
                                                                    std::string_view proc = "/proc")
{
    const auto machine = read_oom_machine(cgroup, proc);
    if (!machine) return std::nullopt;
    oom_ranking ranking;
    ranking.machine = *machine;
    ranking.cgroup = cgroup.directory();
    cgroup.for_each_process([&](pid_t pid) {
        if (pid == 0) {
            ++ranking.unreadable;
        } else {
            detail::rank_process(ranking, pid, proc);
        }
    });
    detail::sort_candidates(ranking);
    return ranking;
}

namespace detail {

// The candidate with the most pages, whatever its oom_score_adj. There is one.
[[nodiscard]] inline const oom_ranking::candidate& largest(const oom_ranking& ranking)
{
    return *std::max_element(ranking.candidates.begin(), ranking.candidates.end(),
                             [](const oom_ranking::candidate& a, const oom_ranking::candidate& b) {
                                 return a.prediction.pages() < b.prediction.pages();
                             });
}

inline void explain_victim(std::ostream& out, const oom_ranking& ranking,
                           const oom_ranking::candidate& victim)
{
    const oom_prediction& p = victim.prediction;
    out << "next victim";
    if (!ranking.cgroup.empty()) out << " in " << ranking.cgroup;
    out << ": pid " << victim.pid << " (" << p.name << "), badness " << p.badness << " pages of "
        << ranking.machine.total_pages << "\nit has " << p.pages() << " pages (resident "
        << p.resident << ", in swap " << p.swapped << ", page tables " << p.page_tables
        << ")\noom_score_adj " << p.adj;
    const std::int64_t adjusted = p.adj * (ranking.machine.total_pages / 1000);
    if (adjusted == 0) out << " changes nothing";
    if (adjusted > 0) out << " counts as " << adjusted << " pages more";
    if (adjusted < 0) out << " counts as " << -adjusted << " pages less";
    out << '\n';
    if (ranking.candidates.size() > 1) {
        const oom_ranking::candidate& second = ranking.candidates[1];
        out << "next in line: pid " << second.pid << " (" << second.prediction.name << "), badness "
            << second.prediction.badness << " pages\n";
    }
    const oom_ranking::candidate& most = largest(ranking);
    if (most.prediction.pages() > p.pages()) {
        out << "by its size alone it would be pid " << most.pid << " (" << most.prediction.name
            << ") with " << most.prediction.pages() << " pages and oom_score_adj "
            << most.prediction.adj << '\n';
    }
}

} // namespace detail

// The next victim with the reason in words, for people:
//
//     next victim: pid 4242 (hog), badness 130072 pages of 500000
//     it has 80072 pages (resident ..., in swap ..., page tables ...)
//     oom_score_adj 100 counts as 50000 pages more
//     next in line: pid 17 (editor), badness 3000 pages
//     by its size alone it would be pid 99 (database) with 90000 pages and oom_score_adj -500
[[nodiscard]] inline std::string explain_next_victim(const oom_ranking& ranking)
{
    std::ostringstream out;
    if (const auto* victim = ranking.next_victim()) {
        detail::explain_victim(out, ranking, *victim);
    } else if (ranking.cgroup.empty()) {
        out << "no process may be killed: the kernel would panic\n";
    } else {
        out << "no process in " << ranking.cgroup
            << " may be killed: who asks for memory there waits\n";
    }
    if (ranking.unreadable > 0) {
        out << "not considered: " << ranking.unreadable << " processes that may not be read\n";
    }
    return out.str();
}

} // namespace heaplings
