#pragma once

#include <sys/types.h>

// The score of a process with `pages` pages and an oom_score_adj of `adj`, on a machine with
// `total_pages` pages of memory, as Linux has worked it out since 5.9:
//   badness  `pages`, and for each unit of `adj` a thousandth of `total_pages` more, or less
//   score    the badness in thousandths of `total_pages`; 1000 more than that; of this two thirds
// All numbers are whole ones, and each division drops what is behind the point. So a thousandth of
// the memory is rounded before it is multiplied. A process with `adj` -1000 scores 0: it is exempt.
long oom_score(long pages, long total_pages, int adj);

// The score of process `pid`, worked out from these files, whose numbers are in KiB:
//   <proc>/<pid>/status         VmRSS, VmSwap, VmPTE: its pages in memory, in swap, of page tables
//   <proc>/<pid>/oom_score_adj
//   <proc>/meminfo              MemTotal, SwapTotal: the machine's
// `proc` is "/proc", or a folder that looks like it. Without a line VmRSS the process has no
// memory of its own, and scores 0. -1 if there is no such process.
long my_score(pid_t pid, const char* proc);
