// What stands between a learner's program and the machine: all that a child process does to itself
// between fork and exec.
#pragma once

#include "guard.hpp"
#include "run_record.hpp"

#include <filesystem>
#include <sys/types.h>
#include <vector>

namespace heaplings::tools {

struct connections
{
    int output = -1;   // becomes stdout and stderr
    int evidence = -1; // becomes what.evidence_descriptor
    int report = -1;   // becomes what.report_descriptor, if there is one
};

// Turns this child of `supervisor` into the program: in a session of its own, in `scratch`, with
// its descriptors and no others, default signals, the environment it was given and the limits it
// may not exceed; as a user of its own where this is possible (then told in `record`); killed with
// its supervisor, without a way to gain privileges or to signal everyone.
//
// Notes in `record` what could not be done, and ends.
[[noreturn]] void become_program(const command& what, const limits& allowed,
                                 const connections& ends, const std::filesystem::path& scratch,
                                 pid_t supervisor, run_record& record);

// Closes all descriptors but these.
void close_all_but(std::vector<int> kept);

} // namespace heaplings::tools
