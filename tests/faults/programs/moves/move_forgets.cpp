// A move assignment takes the other's block and forgets its own.
// expects: leak

#include "program.hpp"

#include <utility>

namespace faults::move_forgets {

class message
{
public:
    message() : text_{escape(new char[128]{})} {}
    message(message&& other) noexcept : text_{std::exchange(other.text_, nullptr)} {}
    message& operator=(message&& other) noexcept
    {
        if (this != &other) text_ = std::exchange(other.text_, nullptr);
        return *this;
    }
    ~message() { delete[] text_; }

private:
    char* text_;
};

void program()
{
    message latest;
    for (int i = 0; i < 3; ++i) latest = message{};
}

} // namespace faults::move_forgets
