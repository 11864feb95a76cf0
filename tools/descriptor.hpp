// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>
#include <utility>

namespace heaplings::tools {

class descriptor
{
public:
    descriptor() = default;
    explicit descriptor(int number) noexcept : number_{number} {}
    ~descriptor() { reset(); }
    descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    descriptor& operator=(descriptor&& other) noexcept
    {
        reset(std::exchange(other.number_, -1));
        return *this;
    }

    [[nodiscard]] int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

    void reset(int number = -1) noexcept
    {
        if (number_ >= 0) ::close(number_);
        number_ = number;
    }

private:
    int number_ = -1;
};

} // namespace heaplings::tools
