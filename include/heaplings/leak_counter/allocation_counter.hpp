// Counts allocations and frees, and knows no blocks: the cheapest look at the heap.
#pragma once

#include <heaplings/leak_counter/backend.hpp>
#include <heaplings/leak_counter/detail/recorder.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>
#include <heaplings/leak_counter/scope_extent.hpp>
#include <heaplings/units.hpp>

#include <cstdint>

namespace heaplings {

// Counts from its construction on. Costs hardly more than hooks without any scope
// (bench/leak_counter): for budgets, and for code that is timed while it is counted. Unlike a
// leak_scope it does not know which blocks are freed, so not what leaks, nor how much is live.
//
// A counter of this thread must not outlive the thread. Reading allocates nothing.
class allocation_counter
{
public:
    // Counts the functions of all linked hooks; `needed` are those that it can't do without. Throws
    // no_active_hook if they are not counted and under Valgrind, std::runtime_error for a thread
    // that is about to end.
    explicit allocation_counter(scope_extent extent = scope_extent::this_thread,
                                hook needed = hook::operator_new)
    {
        if (!hooks_active(needed)) throw no_active_hook{needed};
        if (extent == scope_extent::this_thread) {
            thread_ = &detail::require_counter_of_this_thread();
        }
        static_cast<void>(detail::recorder::begin(detail::wanted::counts));
        start_ = read();
    }
    allocation_counter(const allocation_counter&) = delete;
    allocation_counter& operator=(const allocation_counter&) = delete;
    ~allocation_counter() { detail::recorder::end(detail::wanted::counts); }

    [[nodiscard]] std::int64_t allocations() const noexcept
    {
        return read().allocations - start_.allocations;
    }
    // Requested, whether freed again or not.
    [[nodiscard]] bytes allocated() const noexcept
    {
        return bytes{read().bytes_allocated - start_.bytes_allocated};
    }
    // Of all blocks, older ones included.
    [[nodiscard]] std::int64_t frees() const noexcept { return read().frees - start_.frees; }

private:
    [[nodiscard]] detail::totals read() const noexcept
    {
        return thread_ != nullptr ? thread_->read() : detail::totals_of_process();
    }

    const detail::thread_counter* thread_ = nullptr; // nullptr: the whole process
    detail::totals start_;
};

} // namespace heaplings
