// Runs one learner's program under limits and says what became of it.
//
// A supervisor, a process of its own, starts the program in a session of its own, watches it and
// all that it starts, and ends when none of them is left: also when the guard itself is killed. As
// root the program runs as a user that nobody else is; so its processes can be counted and killed
// without missing one. As an ordinary user they are found as descendants of the supervisor.
#pragma once

#include <heaplings/units.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heaplings::tools {

struct limits
{
    std::chrono::milliseconds wall{10'000};
    std::chrono::seconds cpu{5}; // of each process
    bytes memory = 512_MiB;      // resident, all processes together; a shared page counts in each
    bytes output = 256_KiB;      // stdout and stderr together
    bytes file = 16_MiB;         // each file written
    int processes = 64;          // processes and threads at the same time
    std::optional<int> oom_score_adj =
        1000; // should all else fail, the kernel takes this one first
};

enum class limit { wall, cpu, memory, output, file, processes };

struct command
{
    std::vector<std::string> argv;        // argv[0] is an absolute path
    std::vector<std::string> environment; // "NAME=value"; nothing else is inherited
    int evidence_descriptor = 100;        // in the program: its end of a socket pair
    std::string challenge;                // waits there for the program to read
    std::filesystem::path report;         // if not empty: written by the program...
    int report_descriptor = 101;          // ...through this descriptor
};

struct outcome
{
    std::string output;   // stdout and stderr in the order printed, up to the limit
    std::string evidence; // what came over the evidence descriptor, up to 1 MiB
    std::optional<limit> stopped_by;
    int interrupted_by = 0; // SIGINT, SIGTERM or SIGHUP that reached the guard meanwhile
    int status = 0;         // of the program, as waitpid(2)
    std::chrono::milliseconds took{};
    bytes peak_memory{}; // as seen every few milliseconds: 0 if the program was faster
    int strays = 0;      // processes that outlived the program and were killed
    std::string stopped; // if the machine that it ran in stopped before the program ended: why
};

// Runs the program in a fresh scratch directory, its stdin /dev/null, and returns when it and all
// that it started have ended. SIGINT, SIGTERM and SIGHUP stop the run rather than the caller,
// unless the caller ignores them. More evidence than 1 MiB counts as too much output.
//
// The caller has one thread. Throws std::system_error if the program can't be started (argv[0], the
// report or the scratch directory in the text), std::runtime_error if the supervisor was killed.
[[nodiscard]] outcome run_guarded(const command& what, const limits& allowed = {});

// Which limit stopped a program and what to look for, for its author: "stopped after 10 s: does it
// wait for something that never comes, or does a loop not end?"
[[nodiscard]] std::string explain(limit which, const limits& allowed);

} // namespace heaplings::tools
