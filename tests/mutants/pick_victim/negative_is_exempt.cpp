// Spares whoever has a negative oom_score_adj.
// refused by: a negative one protects a task, as far as it goes
// refused by: somebody is taken even when every badness is negative
// refused by: at -1000 a task is never taken, be it the only one

#include "spec/pick_victim.hpp"

namespace {

// What the OOM killer compares, in pages.
long badness(const task& t, long total_pages)
{
    return t.rss + t.swap + t.page_tables + t.adj * (total_pages / 1000);
}

} // namespace

std::optional<pid_t> next_victim(const task* tasks, std::size_t n, long total_pages)
{
    const task* worst = nullptr;
    for (std::size_t i = 0; i < n; ++i) {
        const task& each = tasks[i];
        if (each.adj < 0) continue;
        if (worst == nullptr || badness(each, total_pages) > badness(*worst, total_pages)) {
            worst = &each;
        }
    }
    if (worst == nullptr) return std::nullopt;
    return worst->pid;
}
