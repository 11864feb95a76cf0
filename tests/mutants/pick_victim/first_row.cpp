// Takes the first of the list.
// refused by: of tasks that differ in size alone the largest is taken
// refused by: what is in swap counts, and so do page tables
// refused by: a positive oom_score_adj brings a task forward
// refused by kernel: the kernel takes the same: a volunteer dies before a larger process
// refused by kernel: the kernel takes the same: of equals the larger one dies

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
        if (each.adj == -1000) continue;
        if (worst == nullptr ||
            (worst == nullptr && badness(each, total_pages) > badness(*worst, total_pages))) {
            worst = &each;
        }
    }
    if (worst == nullptr) return std::nullopt;
    return worst->pid;
}
