// Signals that ask a program to end, read like data while something must first be tidied up.
#pragma once

#include "descriptor.hpp"

#include <csignal>

namespace heaplings::tools {

// While it lives, SIGINT, SIGTERM and SIGHUP are read here and do nothing else. No handler is
// replaced, so none has to be restored. What the caller ignores stays ignored.
class interruptions
{
public:
    // Throws std::system_error.
    interruptions();
    ~interruptions() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
    interruptions(const interruptions&) = delete;
    interruptions& operator=(const interruptions&) = delete;

    // Waits until the process at the other end of `lifeline`, a socket, has closed it; an
    // interruption asks that process to hurry by closing this end for writing. Returns the first
    // signal that interrupted, or 0.
    [[nodiscard]] int wait_for_end_of(const descriptor& lifeline) const;

private:
    // The number of the next signal that arrived, 0 if none did.
    [[nodiscard]] int next() const;

    sigset_t before_{};
    descriptor source_;
};

} // namespace heaplings::tools
