// Runs a trusted command (compiler, Ninja, addr2line) to its end. Learners' programs run under the
// guard instead.
#pragma once

#include <string>
#include <vector>

namespace heaplings::tools {

struct finished_command
{
    int status = 0;   // exit status; 127 if it could not be started, 128 + signal if it was killed
    std::string said; // standard output and error
};

// Looks the program up in PATH. Throws std::system_error if no process can be made.
[[nodiscard]] finished_command run_command(const std::vector<std::string>& command);

} // namespace heaplings::tools
