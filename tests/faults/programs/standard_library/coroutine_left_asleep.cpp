// A coroutine waits for an event that never comes, and nobody destroys its frame.
// expects: leak

#include "program.hpp"

#include <coroutine>
#include <exception>
#include <string>

namespace faults::coroutine_left_asleep {

struct task
{
    struct promise_type
    {
        task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; } // the frame goes by itself
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

struct event
{
    bool await_ready() { return happened; }
    void await_suspend(std::coroutine_handle<>) {}
    void await_resume() {}

    bool happened;
};

task greet(std::string name, bool at_once)
{
    co_await event{at_once};
    static_cast<void>(escape(&name));
}

void program()
{
    greet("somebody with a name that needs a block of its own", true);
    greet("somebody else with a name that needs a block of its own", false);
}

} // namespace faults::coroutine_left_asleep
