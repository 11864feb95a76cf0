#include "guard.hpp"

#include "descriptor.hpp"
#include "interruptions.hpp"
#include "run_record.hpp"
#include "supervisor.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace heaplings::tools {

namespace {

[[noreturn]] void fail(int error, const std::string& what)
{
    throw std::system_error{error, std::generic_category(), what};
}

std::string amount(std::chrono::milliseconds time)
{
    if (time.count() % 1000 == 0) return fmt::format("{} s", time.count() / 1000);
    return fmt::format("{} ms", time.count());
}

std::string amount(bytes size)
{
    if (size % 1_MiB == 0_B) return fmt::format("{} MiB", size / 1_MiB);
    if (size % 1_KiB == 0_B) return fmt::format("{} KiB", size / 1_KiB);
    return fmt::format("{} bytes", size.count());
}

} // namespace

outcome run_guarded(const command& what, const limits& allowed)
{
    const shared_run_record record{allowed.output, 1_MiB};
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        fail(errno, "cannot make a pair of sockets");
    }
    const descriptor lifeline{ends[0]};
    descriptor others{ends[1]};

    const interruptions interrupted;
    std::fflush(nullptr); // ThreadSanitizer's runtime prints what is buffered in each child, too
    const pid_t supervisor = ::fork();
    if (supervisor < 0) fail(errno, "cannot fork");
    if (supervisor == 0) {
        supervise(what, allowed, std::move(others), *record);
        ::_exit(0);
    }
    others.reset();
    const int interrupted_by = interrupted.wait_for_end_of(lifeline);
    ::waitpid(supervisor, nullptr, 0);

    if (!record->finished) throw std::runtime_error{"the supervisor of the run was killed"};
    if (record->error != 0) fail(record->error, record->failed);
    return {
        .output = std::string{record->output.text()},
        .evidence = std::string{record->evidence.text()},
        .stopped_by = record->stopped_by,
        .interrupted_by = interrupted_by,
        .status = record->status,
        .took = record->took,
        .peak_memory = record->peak_memory,
        .strays = record->strays,
        .stopped = "",
    };
}

std::string explain(limit which, const limits& allowed)
{
    switch (which) {
    case limit::wall:
        return fmt::format(
            "stopped after {}: does it wait for something that never comes, or does a "
            "loop not end?",
            amount(allowed.wall));
    case limit::cpu:
        return fmt::format("stopped after {} of processor time: does a loop not end?",
                           amount(allowed.cpu));
    case limit::memory:
        return fmt::format(
            "stopped at {} of memory: does a loop allocate without end, or is a size "
            "much larger than you meant?",
            amount(allowed.memory));
    case limit::output:
        return fmt::format("stopped after {} of output: does a loop print without end?",
                           amount(allowed.output));
    case limit::file:
        return fmt::format("stopped when a file reached {}: does a loop write without end?",
                           amount(allowed.file));
    case limit::processes:
        return fmt::format(
            "stopped at {} processes and threads: does a loop call fork() without end, "
            "or do children run the loop that was meant for their parent?",
            allowed.processes);
    }
    return "";
}

} // namespace heaplings::tools
