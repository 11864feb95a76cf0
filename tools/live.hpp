// Shows what a learner's code does at its own pace, step by step: in a disposable kernel, where it
// may take all memory until the OOM killer comes.
#pragma once

#include "course.hpp"

#include <string>

namespace heaplings::tools {

struct live_ending
{
    std::string text; // how it ended, or why there is nothing to see: whole lines
    bool ran = false;
    bool interrupted = false;
};

// Runs heaplings_probe("live") of the exercise's spec, whose program is built; what it prints goes
// to stdout as it comes. It is ended after two minutes, by Ctrl-C, or by the OOM killer.
[[nodiscard]] live_ending show_live(const exercise& e);

} // namespace heaplings::tools
