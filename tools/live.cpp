#include "live.hpp"

#include "descriptor.hpp"
#include "text.hpp"

#include <heaplings/error.hpp>

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

constexpr std::chrono::minutes longest{2};

descriptor log_in_memory()
{
    descriptor log{::memfd_create("kernel log", MFD_CLOEXEC)};
    if (!log) detail::throw_system_error(errno, "make", "a file in memory");
    return log;
}

std::string content_of(const descriptor& file)
{
    std::string text;
    std::array<char, 16 * 1024> piece{};
    ssize_t got = 0;
    while ((got = ::pread(file.get(), piece.data(), piece.size(),
                          static_cast<off_t>(text.size()))) > 0) {
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
}

// What the kernel's log tells of kills; empty if there were none.
std::string kills_in(const std::string& log)
{
    std::string lines;
    for (const std::string& line : split(log, '\n')) {
        if (line.find("Killed process ") == std::string::npos) continue;
        lines += wrapped("the kernel's log: " + line, 2);
    }
    return lines;
}

// In whole lines. `kills` is what kills_in() gave.
std::string how_it_ended(const kernel_result& result, const std::string& kills)
{
    switch (result.ending) {
    case kernel_ending::exited:
        if (WIFEXITED(result.status)) {
            return fmt::format("it ended by itself, with exit status {}\n",
                               WEXITSTATUS(result.status));
        }
        if (!kills.empty()) return "the OOM killer ended it\n" + kills;
        return fmt::format("killed by signal {} ({})\n", WTERMSIG(result.status),
                           ::strsignal(WTERMSIG(result.status)));
    case kernel_ending::timed_out:
        return fmt::format("stopped after {} minutes\n", longest.count());
    case kernel_ending::too_much_output:
    case kernel_ending::reader_left:
        return "stopped: nobody reads what it prints\n";
    case kernel_ending::interrupted:
        return "interrupted\n";
    case kernel_ending::not_run:
        return fmt::format("cannot be run inside the machine: {}\n", std::strerror(result.error));
    case kernel_ending::stopped:
        return fmt::format("the machine stopped: {}\n{}", result.reason, kills);
    case kernel_ending::no_kernel:
        break;
    }
    return fmt::format("nothing to see, no disposable kernel here: {}\n{}", result.reason,
                       wrapped(result.remedy, 2));
}

} // namespace

live_ending show_live(const exercise& e)
{
    kernel_machine machine = e.machine;
    machine.time_limit = longest;
    kernel_command what;
    what.argv = {e.program().string(), "--heaplings-probe", "live"};
    what.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};
    what.directory = "/run";
    const descriptor log = log_in_memory();
    const kernel_streams streams{.input = -1,
                                 .output = {.descriptor = STDOUT_FILENO},
                                 .error = {.descriptor = STDERR_FILENO},
                                 .evidence = {},
                                 .log = {.descriptor = log.get()}};
    const kernel_result result = run_in_kernel(what, machine, streams);
    return {.text = how_it_ended(result, kills_in(content_of(log))),
            .ran = result.ending != kernel_ending::no_kernel,
            .interrupted = result.ending == kernel_ending::interrupted};
}

} // namespace heaplings::tools
