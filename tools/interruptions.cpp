#include "interruptions.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace heaplings::tools {

interruptions::interruptions()
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
    if (!source_) throw std::system_error{errno, std::generic_category(), "cannot receive signals"};
    ::sigprocmask(SIG_BLOCK, &watched, &before_);
}

int interruptions::wait_for_end_of(const descriptor& lifeline) const
{
    int interrupted_by = 0;
    while (true) {
        // After shutdown(2) the socket still reports when the other end is closed.
        std::array<pollfd, 2> sources{{{lifeline.get(), 0, 0}, {source_.get(), POLLIN, 0}}};
        ::poll(sources.data(), sources.size(), -1);
        if ((sources[0].revents & (POLLHUP | POLLERR)) != 0) return interrupted_by;
        const int signal = next();
        if (signal == 0) continue;
        if (interrupted_by == 0) interrupted_by = signal;
        ::shutdown(lifeline.get(), SHUT_WR);
    }
}

int interruptions::next() const
{
    signalfd_siginfo signal{};
    const bool arrived = ::read(source_.get(), &signal, sizeof signal) == sizeof signal;
    return arrived ? static_cast<int>(signal.ssi_signo) : 0;
}

} // namespace heaplings::tools
