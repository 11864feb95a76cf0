// The machine of the ambulances runs short once more. This time you are asked beforehand: it is
// 18:00, here is the list of processes, so who would be killed tonight? If it is the dispatch,
// somebody has to change a number now.
//
// The kernel goes over all processes and keeps the worst so far. It compares what killing would
// give back, corrected by oom_score_adj: the badness of exercise 1, my_score, in pages. The score
// in /proc is the same made coarse for people: with it two processes may look alike of which the
// kernel knows quite well which is worse.
//
// TODO: next_victim names whoever has the most pages in memory. Make it choose as the kernel does;
// its promise is in spec/pick_victim.hpp, and you may take along what you wrote for my_score. When
// it is right for lists, it is run in a disposable kernel: there sysrq `f`, which calls the OOM
// killer without any shortage, really kills, and has the last word.
//
// Read: this chapter's README.md, and the kernel's Documentation/admin-guide/sysrq.rst (f)

#include "spec/pick_victim.hpp"

std::optional<pid_t> next_victim(const task* tasks, std::size_t n, long)
{
    if (n == 0) return std::nullopt;

    const task* worst = tasks;
    for (std::size_t i = 1; i < n; ++i) {
        if (tasks[i].rss > worst->rss) worst = &tasks[i];
    }
    return worst->pid;
}
