// Allocations that are no one's business: caches, lazily made statics, the tester's own.
#pragma once

#include <heaplings/leak_counter/detail/thread_counter.hpp>

#include <utility>

namespace heaplings {

// While it lives, what the calling thread allocates is counted nowhere, neither now nor when it is
// freed, belongs to no leak, no budget, and is not made to fail. Bad frees are still noticed.
//
//     const config& shared_config()
//     {
//         heaplings::not_counted cache; // kept until the program ends
//         static config read_once{"/etc/app.conf"};
//         return read_once;
//     }
class not_counted
{
public:
    not_counted() noexcept
    {
        ++detail::this_thread_state.uncounted;
        detail::this_thread_state.usual_at = 0;
    }
    not_counted(const not_counted&) = delete;
    not_counted& operator=(const not_counted&) = delete;
    ~not_counted()
    {
        --detail::this_thread_state.uncounted;
        detail::this_thread_state.usual_at = 0;
    }
};

// Runs `action` once, not counted, so that what it makes at its first run and keeps is there:
// caches, statics, buffers that grow to the size needed. Returns what it returns.
template <typename Action>
decltype(auto) warm_up(Action&& action)
{
    const not_counted first_run;
    return std::forward<Action>(action)();
}

} // namespace heaplings
