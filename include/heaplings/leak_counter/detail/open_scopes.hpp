// The scopes that are open, as far as the hooks must know them.
#pragma once

#include <heaplings/leak_counter/detail/recycled_nodes.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace heaplings::detail {

// Counts the frees inside of a scope of blocks that are older than the scope: they are frees, but
// make no leak good.
struct open_scope
{
    std::atomic<std::uint64_t> epoch{0};                // 0: closed, and no block is older
    std::atomic<const thread_counter*> thread{nullptr}; // nullptr: the whole process
    std::atomic<std::int64_t> older_frees{0};           // never restart, as all counts
    std::atomic<std::int64_t> older_bytes_freed{0};

    // Of earlier parts of the scope, which ended when a scope was opened within: the largest peak
    // of a thread, and a bound for how far above the present one all threads' peak can have been.
    std::atomic<std::int64_t> earlier_peak{0};
    std::atomic<std::int64_t> earlier_excess{0};

    [[nodiscard]] bool covers(const thread_counter* counter) const noexcept
    {
        const thread_counter* own = thread.load(std::memory_order_relaxed);
        return own == nullptr || own == counter;
    }
};

inline constinit recycled_nodes<open_scope> open_scopes;

// Tells the scopes around the calling thread that it frees a block which may be older than they.
[[gnu::noinline]] inline void count_older_free(std::uint64_t block_epoch,
                                               std::int64_t size) noexcept
{
    open_scopes.for_each([=](open_scope& scope) {
        if (!scope.covers(this_thread_state.counter)) return;
        if (scope.epoch.load(std::memory_order_relaxed) <= block_epoch) return;
        scope.older_frees.fetch_add(1, std::memory_order_relaxed);
        scope.older_bytes_freed.fetch_add(size, std::memory_order_relaxed);
    });
}

// Before a thread's first allocation or free since scopes were opened: leaves its peak so far to
// the scopes that were open before, and begins a new one.
[[gnu::noinline, gnu::cold]] inline void begin_new_peak(thread_counter& own,
                                                        std::uint64_t epoch) noexcept
{
    const std::uint64_t seen = own.scopes_seen.load(std::memory_order_relaxed);
    const std::int64_t peak = own.peak.load(std::memory_order_relaxed);
    const std::int64_t live = own.bytes_live.load(std::memory_order_relaxed);
    open_scopes.for_each([&](open_scope& scope) {
        const std::uint64_t begin = scope.epoch.load(std::memory_order_relaxed);
        if (begin == 0 || begin > seen || !scope.covers(&own)) return;
        std::int64_t before = scope.earlier_peak.load(std::memory_order_relaxed);
        while (before < peak &&
               !scope.earlier_peak.compare_exchange_weak(before, peak, std::memory_order_relaxed)) {
        }
        scope.earlier_excess.fetch_add(peak - live, std::memory_order_relaxed);
    });
    own.peak.store(live, std::memory_order_relaxed);
    own.scopes_seen.store(epoch, std::memory_order_relaxed);
}

} // namespace heaplings::detail
