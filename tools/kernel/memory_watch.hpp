// Samples free memory inside the disposable kernel, from guest init.
#pragma once

#include "../descriptor.hpp"
#include "free_samples.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sched.h>
#include <string_view>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace heaplings::tools {

// Neither sysinfo(2) nor reading /dev/kmsg takes memory, so that a machine that has none left does
// not notice the watcher.
class memory_watch
{
public:
    static constexpr int period_ms = 10; // of a tick of User-Mode Linux

    // Throws nothing: where the log can't be read, no kill is noticed, and there are no samples.
    // From here on this process runs before all that are not real-time, and before most of those.
    memory_watch() : log_{::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)}
    {
        if (log_) ::lseek(log_.get(), 0, SEEK_END);
        const sched_param ahead{.sched_priority = 2};
        ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &ahead);
    }

    void take_sample()
    {
        // First the log: what it tells was before this sample.
        if (log_ && sees_kill()) samples_.mark_kill();
        struct sysinfo now
        {
        };
        ::sysinfo(&now);
        samples_.add(static_cast<std::int32_t>(now.freeram * now.mem_unit / 1024));
    }

    [[nodiscard]] const free_samples& samples() const { return samples_; }

private:
    // Whether a process was killed since the last call.
    bool sees_kill()
    {
        bool seen = false;
        while (true) {
            const ssize_t got = ::read(log_.get(), record_.data(), record_.size());
            if (got < 0 && errno == EPIPE) continue; // some were overwritten
            if (got <= 0) return seen;
            const std::string_view record{record_.data(), static_cast<std::size_t>(got)};
            seen = seen || record.find("Killed process") != std::string_view::npos;
        }
    }

    descriptor log_;
    std::array<char, 8192> record_{}; // the longest that the kernel writes
    free_samples samples_;
};

} // namespace heaplings::tools
