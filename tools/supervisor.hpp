// The process that starts a learner's program, watches it and ends all that it started.
#pragma once

#include "descriptor.hpp"
#include "guard.hpp"
#include "run_record.hpp"

namespace heaplings::tools {

// Runs the program to its end, or until a limit is reached, or until the other end of `lifeline` is
// closed or its owner dies; leaves no process and no scratch directory behind; notes it all in
// `record`. For a process that was forked for this and then exits: takes over its signals,
// process group, descriptors and children. A failure is noted in `record` rather than thrown.
void supervise(const command& what, const limits& allowed, descriptor lifeline,
               run_record& record) noexcept;

} // namespace heaplings::tools
