// Runs a benchmark program to its end: what it said goes to a file, its time and its end come back.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace heaplings::bench {

using environment = std::vector<std::pair<std::string, std::string>>;

struct program_run
{
    std::vector<std::string> command;
    environment variables; // set beside those that are there
    std::string
        failure; // how it ended if not by exit status 0: "ended by signal 11 (Segmentation fault)"
    std::chrono::milliseconds wall{};
    std::chrono::milliseconds cpu{}; // of the process and those that it waited for
};

// Runs it in `folder`. The log gets standard output and error. Throws std::system_error if no
// process can be made or the log can't be written; a program that can't be started, fails or is
// killed, or does not end within `limit` (it is killed then), is a failure in the result.
[[nodiscard]] program_run run_program(const std::vector<std::string>& command,
                                      const environment& variables,
                                      const std::filesystem::path& log, std::chrono::seconds limit,
                                      const std::filesystem::path& folder = ".");

// The command as one would type it into a shell: `LD_PRELOAD=a.so bench.x '--filter=^a$'`.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& command,
                                     const environment& variables = {});

} // namespace heaplings::bench
