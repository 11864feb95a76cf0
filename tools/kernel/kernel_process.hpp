// What becomes the kernel: all that a child of the supervisor does to itself between fork and exec.
#pragma once

#include "../descriptor.hpp"
#include "kernel_record.hpp"
#include "kernel_run.hpp"

#include <filesystem>
#include <sys/types.h>

namespace heaplings::tools {

// The child's ends, by what is behind the guest's console of that number.
struct console_ends
{
    int log = -1;      // 0
    int output = -1;   // 1; on a terminal also what is typed
    int error = -1;    // 2
    int evidence = -1; // 3
    int control = -1;  // 4: see kernel_job.hpp
};

struct kernel_files
{
    std::filesystem::path kernel;
    std::filesystem::path init; // guest init
};

// Forks a child in a PID namespace, whose first process stands between: the host's kernel ends all
// processes in it with that one, and that one with the supervisor. Where a namespace is not permitted
// (most containers) it forks an ordinary child, whose process group the supervisor ends. As fork(2);
// what it returns to the supervisor is to be killed. `control` is the child's end of that console.
[[nodiscard]] pid_t fork_namespaced(int control, int supervisors_end);

// Turns this child into the kernel: in a session of its own, killed with the supervisor, which holds
// the other end of `consoles.control`; unable to change the host's files; on one processor, without
// address space randomisation, so that each run has the same memory.
//
// Notes in `record` what could not be done, and ends.
[[noreturn]] void become_kernel(const kernel_files& files, const kernel_command& what,
                                const kernel_machine& machine, const console_ends& consoles,
                                bool has_input, kernel_record& record);

} // namespace heaplings::tools
