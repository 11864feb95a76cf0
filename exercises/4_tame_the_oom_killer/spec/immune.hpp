#pragma once

#include <sys/types.h>

// Makes the OOM killer spare the calling process: its oom_score_adj becomes -1000.
//
// Returns 0 if that is so now, else the errno value with which the kernel refused; then the
// oom_score_adj is as before. Whether the kernel refuses is its own business: it depends neither on
// the user nor on what one expects.
int become_immune();

// Starts a child that the OOM killer may take, also when the caller is immune, and has it call
// `body`. When body returns, the child exits with status 0 (_exit).
//
// Before body is called, the child's oom_score_adj is 0 if the caller's is negative, and the same
// as the caller's if not. The caller's own never changes, not even for a moment.
// Returns the pid of the child, for the caller to wait for; -1 if there is no child to be had.
pid_t spawn_mortal(void (*body)());
