// Carries bytes from one descriptor to another without ever waiting for one of them alone.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <poll.h>
#include <string_view>
#include <unistd.h>

namespace heaplings::tools {

// Holds one buffer: first it waits for `from`, then for `to`. poll(2) with wanted(), then step().
class relay
{
public:
    relay() = default;
    // A negative `from` is at its end; with a negative `to` bytes vanish.
    relay(int from, int to, std::int64_t most = std::numeric_limits<std::int64_t>::max())
        : from_{from}, to_{to}, most_{most}, finished_{from < 0}
    {
    }

    // Ends when this byte comes.
    void end_at(char escape) noexcept { escape_ = escape; }

    [[nodiscard]] bool finished() const noexcept { return finished_; }   // all was carried
    [[nodiscard]] bool broken() const noexcept { return broken_; }       // nobody reads `to`
    [[nodiscard]] bool overflowed() const noexcept { return most_ < 0; } // the rest vanishes
    [[nodiscard]] bool escaped() const noexcept { return escaped_; }

    [[nodiscard]] pollfd wanted() const noexcept
    {
        if (finished_) return {-1, 0, 0};
        if (kept_ == sent_) return {from_, POLLIN, 0};
        return {to_, POLLOUT, 0};
    }

    // Call it when poll(2) found something. A blocking `to` takes a whole buffer without waiting
    // once poll(2) called it writable: pipe(7), PIPE_BUF.
    void step() noexcept
    {
        if (finished_) return;
        if (kept_ == sent_)
            receive();
        else
            send();
    }

private:
    void receive() noexcept
    {
        const ssize_t got = ::read(from_, buffer_.data(), buffer_.size());
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) {
            finished_ = true;
            return;
        }
        const std::string_view arrived{buffer_.data(), static_cast<std::size_t>(got)};
        escaped_ = escape_ && arrived.find(*escape_) != std::string_view::npos;
        sent_ = 0;
        kept_ = static_cast<std::size_t>(got);
        if (most_ < got) kept_ = most_ > 0 ? static_cast<std::size_t>(most_) : 0;
        most_ = most_ < 0 ? most_ : most_ - got;
        if (to_ < 0) kept_ = 0;
    }

    void send() noexcept
    {
        const ssize_t put = ::write(to_, buffer_.data() + sent_, kept_ - sent_);
        if (put >= 0)
            sent_ += static_cast<std::size_t>(put);
        else if (errno != EAGAIN && errno != EINTR)
            finished_ = broken_ = true;
    }

    int from_ = -1;
    int to_ = -1;
    std::int64_t most_ = 0;
    bool finished_ = true;
    bool broken_ = false;
    bool escaped_ = false;
    std::optional<char> escape_;
    std::size_t kept_ = 0;
    std::size_t sent_ = 0;
    std::array<char, 4096> buffer_{};
};

} // namespace heaplings::tools
