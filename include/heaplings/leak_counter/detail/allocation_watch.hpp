// Looks on as a thread allocates, and may make an allocation fail: budgets, fault injection.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/capture.hpp>
#include <heaplings/leak_counter/detail/recorder.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>

#include <cstddef>
#include <cstdint>

namespace heaplings::detail {

struct attempted_allocation
{
    std::size_t size;
    allocation_kind kind;
    call_site site;
};

// Is asked by the hooks before each allocation of the thread that made it, as long as it lives.
class allocation_watch
{
public:
    allocation_watch() noexcept : outer_{this_thread_state.watches}
    {
        this_thread_state.watches = this;
        this_thread_state.usual_at = 0;
        static_cast<void>(recorder::begin(wanted::counts));
    }
    allocation_watch(const allocation_watch&) = delete;
    allocation_watch& operator=(const allocation_watch&) = delete;

    // Whether the allocation may go on.
    [[nodiscard]] virtual bool may_allocate(const attempted_allocation& attempt) noexcept = 0;

    // Asks all watches of this thread, the innermost first.
    [[nodiscard, gnu::noinline, gnu::cold]] static bool
    all_allow(const attempted_allocation& attempt) noexcept
    {
        bool allowed = true;
        for (allocation_watch* watch = this_thread_state.watches; watch != nullptr;
             watch = watch->outer_) {
            allowed = watch->may_allocate(attempt) && allowed;
        }
        return allowed;
    }

protected:
    // Watches end in the opposite order of their beginnings, as local variables do.
    ~allocation_watch()
    {
        recorder::end(wanted::counts);
        this_thread_state.watches = outer_;
        this_thread_state.usual_at = 0;
    }

private:
    allocation_watch* outer_;
};

// The allocation that a watch remembers.
struct remembered_allocation
{
    std::size_t size = 0;
    allocation_kind kind{};
    std::uint32_t stack = 0;

    remembered_allocation() = default;
    explicit remembered_allocation(const attempted_allocation& attempt) noexcept
        : size{attempt.size}, kind{attempt.kind}, stack{capture_stack(attempt.site)}
    {
    }
};

} // namespace heaplings::detail
