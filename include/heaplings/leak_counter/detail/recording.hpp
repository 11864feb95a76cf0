// What every hook does: note a block when it is allocated, and check it when it is freed.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/allocation_watch.hpp>
#include <heaplings/leak_counter/detail/bad_free_log.hpp>
#include <heaplings/leak_counter/detail/bad_free_text.hpp>
#include <heaplings/leak_counter/detail/capture.hpp>
#include <heaplings/leak_counter/detail/open_scopes.hpp>
#include <heaplings/leak_counter/detail/shadow.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace heaplings::detail {

// Whether an allocation may be attempted: not if fault injection makes it fail.
[[nodiscard]] inline bool may_allocate(const attempted_allocation& attempt) noexcept
{
    if (this_thread_state.watches == nullptr) [[likely]]
        return true;
    return this_thread_state.uncounted != 0 || allocation_watch::all_allow(attempt);
}

// The calling thread's counter, its peak begun anew if scopes were opened since it last counted.
[[nodiscard]] inline thread_counter* counter_at(std::uint64_t epoch) noexcept
{
    thread_counter* own = counter_of_this_thread();
    if (own != nullptr && own->scopes_seen.load(std::memory_order_relaxed) != epoch) [[unlikely]] {
        begin_new_peak(*own, epoch);
    }
    return own;
}

// Counts and remembers a block of `size` requested bytes. False, and nothing counted, if there is
// no memory to remember it: without a record its free would not be recognised.
[[nodiscard]] inline bool record_allocation(const void* block, const attempted_allocation& what,
                                            std::size_t alignment = 0) noexcept
{
    const std::uint64_t epoch = current_epoch.load(std::memory_order_relaxed);
    thread_counter* own = counter_at(epoch);

    block_record record;
    record.size = what.size & 0xffff'ffff'ffffU;
    record.state = static_cast<std::uint64_t>(block_state::live) & 3U;
    record.kind = static_cast<std::uint64_t>(what.kind) & 3U;
    record.alignment_bit = static_cast<std::uint64_t>(std::countr_zero(alignment)) & 63U;
    record.counted = this_thread_state.uncounted == 0 ? 1U : 0U;
    record.epoch = epoch & 0xffff'ffffU;
    if (scopes_with_stacks.load(std::memory_order_relaxed) != 0) {
        record.stack = capture_stack(what.site) & 0xf'ffffU;
    }
    if (own != nullptr) record.thread = own->number.load(std::memory_order_relaxed) & 0xfffU;

    if (!shadow::put(block, record)) return false;
    if (record.counted != 0) count_allocation(own, static_cast<std::int64_t>(what.size));
    return true;
}

inline void count_free(const block_record& block) noexcept
{
    if (block.counted == 0) return;
    const std::uint64_t epoch = current_epoch.load(std::memory_order_relaxed);
    count_free(counter_at(epoch), static_cast<std::int64_t>(block.size));
    if (block.epoch < epoch) count_older_free(block.epoch, static_cast<std::int64_t>(block.size));
}

// Notes a bad free for the scopes that are open, or tells of it on stderr if none is.
[[gnu::noinline, gnu::cold]] inline void note_bad_free(bad_free_kind what, const void* address,
                                                       const block_record& record,
                                                       const free_request& request,
                                                       call_site site) noexcept
{
    noted_bad_free noted;
    noted.what = what;
    noted.address = address;
    noted.allocated = record;
    noted.freed_as = request;
    noted.freed_at = capture_stack(site);
    noted.thread = this_thread_state.counter;
    if (what != bad_free_kind::foreign) noted.block = address;
    if (!record.is(block_state::live)) {
        // Memory that was freed may by now be in the middle of another block.
        const shadow::found_block around = shadow::live_block_before(address);
        const auto distance = static_cast<std::uint64_t>(static_cast<const char*>(address) -
                                                         static_cast<const char*>(around.address));
        if (around.address != nullptr && distance < around.record.size) {
            noted.what = bad_free_kind::interior;
            noted.block = around.address;
            noted.allocated = around.record;
        }
    }
    bad_free_log::add(noted);

    bool is_seen = false;
    open_scopes.for_each([&](const open_scope& scope) {
        is_seen = is_seen ||
                  (scope.epoch.load(std::memory_order_relaxed) != 0 && scope.covers(noted.thread));
    });
    if (!is_seen) print_bad_free(noted);
}

// Whether a block may be freed this way; notes what is wrong. Some that are freed wrongly may.
[[nodiscard]] inline bool is_freeable(const void* block, const block_record& record,
                                      const free_request& request, call_site site) noexcept
{
    if (!record.is(block_state::live)) [[unlikely]] {
        note_bad_free(record.is(block_state::freed) ? bad_free_kind::double_free
                                                    : bad_free_kind::foreign,
                      block, record, request, site);
        return false;
    }
    if (record.kind_of_allocation() != request.kind) [[unlikely]] {
        note_bad_free(bad_free_kind::mismatch, block, record, request, site);
    } else if (record.alignment_bit != request.alignment_bit) [[unlikely]] {
        note_bad_free(bad_free_kind::wrong_alignment, block, record, request, site);
    } else if (request.is_sized && record.size != request.size) [[unlikely]] {
        note_bad_free(bad_free_kind::wrong_size, block, record, request, site);
    }
    return true;
}

// Leaves a record of who freed a block, and of who had allocated it.
inline void mark_freed(const void* block, block_record record, call_site site) noexcept
{
    record.state = static_cast<std::uint64_t>(block_state::freed) & 3U;
    if (scopes_with_stacks.load(std::memory_order_relaxed) != 0) {
        record.stack = capture_stack(site, record.stack) & 0xf'ffffU;
    }
    static_cast<void>(shadow::put(block, record)); // the leaf is there
}

// Checks and counts the free of a block, which must not have happened yet. False if it must not
// happen, as there is no such block, or no longer.
[[nodiscard]] inline bool record_free(const void* block, const free_request& request,
                                      call_site site) noexcept
{
    const block_record record = shadow::at(block);
    if (!is_freeable(block, record, request, site)) return false;
    count_free(record);
    mark_freed(block, record, site);
    return true;
}

} // namespace heaplings::detail
