// The scopes that are open, as far as the hooks must know them.
#pragma once

#include <heaplings/leak_counter/recycled_nodes.hpp>
#include <heaplings/leak_counter/thread_counter.hpp>

#include <atomic>
#include <cstdint>

namespace heaplings::detail {

// Time, counted in scopes opened. A block belongs to a scope if its epoch is not less.
inline constinit std::atomic<std::uint64_t> current_epoch{1};

// Counts the frees inside of a scope of blocks that are older than the scope: they are frees, but
// make no leak good.
struct open_scope
{
    std::atomic<std::uint64_t> epoch{0};                // 0: closed, and no block is older
    std::atomic<const thread_counter*> thread{nullptr}; // nullptr: the whole process
    std::atomic<std::int64_t> older_frees{0};           // never restart, as all counts
    std::atomic<std::int64_t> older_bytes_freed{0};
};

inline constinit recycled_nodes<open_scope> open_scopes;

// Tells the scopes around the calling thread that it frees a block which may be older than they.
[[gnu::noinline]] inline void count_older_free(std::uint64_t block_epoch,
                                               std::uint64_t size) noexcept
{
    open_scopes.for_each([=](open_scope& scope) {
        const thread_counter* thread = scope.thread.load(std::memory_order_relaxed);
        if (thread != nullptr && thread != own_counter) return;
        if (scope.epoch.load(std::memory_order_relaxed) <= block_epoch) return;
        scope.older_frees.fetch_add(1, std::memory_order_relaxed);
        scope.older_bytes_freed.fetch_add(static_cast<std::int64_t>(size),
                                          std::memory_order_relaxed);
    });
}

} // namespace heaplings::detail
