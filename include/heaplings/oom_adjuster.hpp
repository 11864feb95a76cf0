// The OOM killer's choice: what a process scores and why, who is killed next, and how to move a
// process up or down that list.
#pragma once

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/oom_adjuster/capability.hpp>
#include <heaplings/oom_adjuster/formula.hpp>
#include <heaplings/oom_adjuster/prediction.hpp>
#include <heaplings/oom_adjuster/ranking.hpp>
#include <heaplings/oom_adjuster/sysrq.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>
