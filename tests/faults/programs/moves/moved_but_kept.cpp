// A move constructor takes the pointer and leaves it in the other too: both free it.
// expects: bad free

#include "program.hpp"

#include <utility>

namespace faults::moved_but_kept {

class message
{
public:
    message() : text_{escape(new char[128]{})} {}
    message(message&& other) noexcept : text_{escape(other.text_)} {}
    message(const message&) = delete;
    message& operator=(const message&) = delete;
    ~message() { delete[] text_; }

private:
    char* text_;
};

void program()
{
    message draft;
    const message sent{std::move(draft)};
}

} // namespace faults::moved_but_kept
