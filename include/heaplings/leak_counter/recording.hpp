// What every hook does: note a block when it is allocated and when it is freed.
#pragma once

#include <heaplings/leak_counter/open_scopes.hpp>
#include <heaplings/leak_counter/shadow.hpp>
#include <heaplings/leak_counter/thread_counter.hpp>

#include <atomic>
#include <cstddef>
#include <optional>

namespace heaplings::detail {

// Counts and remembers a block of `size` requested bytes. False, and nothing counted, if there is
// no memory to remember it: without a record its free would not be recognised.
[[nodiscard]] inline bool record_allocation(const void* block, std::size_t size) noexcept
{
    if (!shadow::put(block, {current_epoch.load(std::memory_order_relaxed), size})) return false;
    count_allocation(size);
    return true;
}

inline void count_free(const block_record& block) noexcept
{
    count_free(block.size);
    if (block.epoch < current_epoch.load(std::memory_order_relaxed)) {
        count_older_free(block.epoch, block.size);
    }
}

// Counts the free of a block, which must not have happened yet. Not counted is what was allocated
// out of the hooks' sight: before they were there, or by code that does not call them.
inline void record_free(const void* block) noexcept
{
    if (const std::optional<block_record> known = shadow::take(block)) count_free(*known);
}

} // namespace heaplings::detail
