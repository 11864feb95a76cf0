#include "input_writer.hpp"

#include "kernel_job.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace heaplings::tools {

pollfd input_writer::wanted() const
{
    if (finished_) return {-1, 0, 0};
    if (sent_ < piece_.size()) return {control_, POLLOUT, 0};
    return {from_, POLLIN, 0};
}

void input_writer::step()
{
    if (sent_ < piece_.size())
        send();
    else
        receive();
}

void input_writer::receive()
{
    std::array<char, 4096> buffer; // NOLINT(*-member-init): read(2) fills it
    const ssize_t got = ::read(from_, buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const auto size = static_cast<input_size>(std::max<ssize_t>(got, 0));
    piece_.resize(sizeof size);
    std::memcpy(piece_.data(), &size, sizeof size);
    piece_.append(buffer.data(), size);
    sent_ = 0;
    last_ = size == 0;
}

void input_writer::send()
{
    const ssize_t put = ::write(control_, piece_.data() + sent_, piece_.size() - sent_);
    if (put > 0) sent_ += static_cast<std::size_t>(put);
    const bool failed = put < 0 && errno != EAGAIN && errno != EINTR;
    if (failed || (last_ && sent_ == piece_.size())) finished_ = true;
}

} // namespace heaplings::tools
