// A coroutine generates numbers; its frame is destroyed before it has come to its end.
// expects: nothing

#include "program.hpp"

#include <coroutine>
#include <exception>
#include <string>
#include <utility>

namespace faults::squares_generated {

class generator
{
public:
    struct promise_type
    {
        int current = 0;

        generator get_return_object()
        {
            return generator{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(int value)
        {
            current = value;
            return {};
        }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };

    explicit generator(std::coroutine_handle<promise_type> frame) : frame_{frame} {}
    generator(generator&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
    generator& operator=(generator&&) = delete;
    ~generator()
    {
        if (frame_) frame_.destroy();
    }

    int next()
    {
        frame_.resume();
        return frame_.promise().current;
    }

private:
    std::coroutine_handle<promise_type> frame_;
};

generator squares(std::string name)
{
    for (int i = 0;; ++i) {
        const int square = i * i;
        co_yield square + static_cast<int>(name.size());
    }
}

void program()
{
    generator numbers = squares("squares, and a name that needs a block of its own");
    int sum = 0;
    for (int i = 0; i < 5; ++i) sum += numbers.next();
    static_cast<void>(escape(&sum));
}

} // namespace faults::squares_generated
