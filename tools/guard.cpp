#include "guard.hpp"

#include "descriptor.hpp"
#include "run_record.hpp"
#include "supervisor.hpp"
#include "system_error.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <poll.h>
#include <stdexcept>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

// While it lives, signals that ask the caller to end are read here and do nothing else. No handler
// is replaced, so none has to be restored. What the caller ignores stays ignored.
class interruptions
{
public:
    interruptions()
    {
        sigset_t watched;
        ::sigemptyset(&watched);
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
            struct sigaction action
            {
            };
            ::sigaction(number, nullptr, &action);
            if (action.sa_handler != SIG_IGN) ::sigaddset(&watched, number);
        }
        source_.reset(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!source_) fail("cannot receive signals");
        ::sigprocmask(SIG_BLOCK, &watched, &before_);
    }
    ~interruptions() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
    interruptions(const interruptions&) = delete;
    interruptions& operator=(const interruptions&) = delete;

    [[nodiscard]] int source() const { return source_.get(); }

    // The number of the next signal that arrived, 0 if none did.
    [[nodiscard]] int next() const
    {
        signalfd_siginfo signal{};
        const bool arrived = ::read(source_.get(), &signal, sizeof signal) == sizeof signal;
        return arrived ? static_cast<int>(signal.ssi_signo) : 0;
    }

private:
    sigset_t before_{};
    descriptor source_;
};

// Waits until the supervisor has closed its end of the lifeline; an interruption asks it to hurry
// by closing ours. Returns the signal that interrupted, or 0.
int wait_for_end(const descriptor& lifeline, const interruptions& interrupted)
{
    int interrupted_by = 0;
    while (true) {
        // After shutdown(2) the socket still reports when the other end is closed.
        std::array<pollfd, 2> sources{{{lifeline.get(), 0, 0}, {interrupted.source(), POLLIN, 0}}};
        ::poll(sources.data(), sources.size(), -1);
        if ((sources[0].revents & (POLLHUP | POLLERR)) != 0) return interrupted_by;
        const int signal = interrupted.next();
        if (signal == 0) continue;
        if (interrupted_by == 0) interrupted_by = signal;
        ::shutdown(lifeline.get(), SHUT_WR);
    }
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
        fail("cannot make a pair of sockets");
    }
    const descriptor lifeline{ends[0]};
    descriptor others{ends[1]};

    const interruptions interrupted;
    std::fflush(nullptr); // ThreadSanitizer's runtime prints what is buffered in each child, too
    const pid_t supervisor = ::fork();
    if (supervisor < 0) fail("cannot fork");
    if (supervisor == 0) {
        supervise(what, allowed, std::move(others), *record);
        ::_exit(0);
    }
    others.reset();
    const int interrupted_by = wait_for_end(lifeline, interrupted);
    ::waitpid(supervisor, nullptr, 0);

    if (!record->finished) throw std::runtime_error{"the supervisor of the run was killed"};
    if (record->error != 0) fail(record->failed, record->error);
    return {
        .output = std::string{record->output.text()},
        .evidence = std::string{record->evidence.text()},
        .stopped_by = record->stopped_by,
        .interrupted_by = interrupted_by,
        .status = record->status,
        .took = record->took,
        .peak_memory = record->peak_memory,
        .strays = record->strays,
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
