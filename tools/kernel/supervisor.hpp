// The process that starts a disposable kernel, carries its streams and ends it.
#pragma once

#include "../descriptor.hpp"
#include "kernel_process.hpp"
#include "kernel_record.hpp"
#include "kernel_run.hpp"

namespace heaplings::tools {

// Runs the kernel until the command has ended, or a limit is reached, or the other end of `lifeline`
// is closed or its owner dies; leaves no process behind; notes it all in `record`. For a process
// that was forked for this and then exits: takes over its signals, process group and children.
void supervise_kernel(const kernel_files& files, const kernel_command& what,
                      const kernel_machine& machine, const kernel_streams& streams,
                      descriptor lifeline, kernel_record& record) noexcept;

} // namespace heaplings::tools
