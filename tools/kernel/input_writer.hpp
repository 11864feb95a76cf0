// Carries the standard input of a command into the disposable kernel.
#pragma once

#include <cstddef>
#include <poll.h>
#include <string>

namespace heaplings::tools {

// Cuts the command's standard input into pieces, each with its size ahead, for guest init.
class input_writer
{
public:
    input_writer() = default;
    input_writer(int from, int control) : from_{from}, control_{control}, finished_{false} {}

    // What it waits for; then step() goes on.
    [[nodiscard]] pollfd wanted() const;
    void step();

private:
    void receive();
    void send();

    int from_ = -1;
    int control_ = -1;
    bool finished_ = true;
    bool last_ = false;
    std::size_t sent_ = 0;
    std::string piece_;
};

} // namespace heaplings::tools
