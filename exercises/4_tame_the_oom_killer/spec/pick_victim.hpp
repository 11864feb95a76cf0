#pragma once

#include <cstddef>
#include <optional>
#include <sys/types.h>

// A process as the OOM killer sees it. The sizes are in pages.
struct task
{
    pid_t pid;
    long rss;         // in memory
    long swap;        // in swap
    long page_tables; // of page tables
    int adj;          // oom_score_adj
};

// The pid of the one of tasks[0] ... tasks[n - 1] that the OOM killer takes next, on a machine with
// `total_pages` pages of RAM and swap: the one with the greatest badness (exercise 1), be that
// negative. Who is exempt is never taken. Nothing if there is nobody to take.
//
// No two tasks have the same badness.
std::optional<pid_t> next_victim(const task* tasks, std::size_t n, long total_pages);
