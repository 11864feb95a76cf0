// The free of a block that is not of the usual kind: bad, older than a scope, or not counted.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/bad_free_log.hpp>
#include <heaplings/leak_counter/detail/bad_free_text.hpp>
#include <heaplings/leak_counter/detail/capture.hpp>
#include <heaplings/leak_counter/detail/loaded_modules.hpp>
#include <heaplings/leak_counter/detail/open_scopes.hpp>
#include <heaplings/leak_counter/detail/recorder.hpp>
#include <heaplings/leak_counter/detail/shadow.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>
#include <heaplings/leak_counter/detail/underlying_malloc.hpp>

#include <cstddef>
#include <cstdint>

namespace heaplings::detail {

// Brings what a hook knows of the calling thread up to date: its counter, with its peak begun anew
// if scopes were opened since it last counted.
[[gnu::noinline]] inline void look_at_thread() noexcept
{
    if (!recorder::is_decided()) recorder::decide_at_first_block();
    thread_state& state = this_thread_state;
    const std::uint64_t now = recorder::now();
    const std::uint64_t epoch = recorder::epoch();
    thread_counter* own = counter_of_this_thread();
    state.signature = static_cast<std::uint32_t>(epoch);
    state.usual_at = 0;
    if (own == nullptr) return;
    if (own->scopes_seen.load(std::memory_order_relaxed) != epoch) begin_new_peak(*own, epoch);
    state.signature |= (own->number.load(std::memory_order_relaxed) & block_record::thread_mask)
                       << block_record::thread_shift;
    if (recorder::what_to_record(now) == recorded::counts) recorder::add_unknown_block();
    if (state.uncounted == 0 && state.watches == nullptr && call_stacks::can_be_kept()) {
        state.usual_at = now;
    }
}

// What is known of the block at this address, unless hooks have not looked on since.
[[nodiscard]] inline block_record known_record(const void* block) noexcept
{
    const block_record record = shadow::at(block);
    return recorder::is_known(record) ? record : block_record{};
}

// Whether an address is in memory of which malloc gives no block: the program's own variables and
// code, this thread's stack.
[[nodiscard]] inline bool is_outside_of_heap(const void* address) noexcept
{
    const char here = 0;
    const auto* at = static_cast<const char*>(address);
    constexpr std::uintptr_t lowest = 1U << 16U;
    constexpr std::uintptr_t highest = std::uintptr_t{1} << 47U;
    const auto number = reinterpret_cast<std::uintptr_t>(address);
    if (number < lowest || number >= highest || !shadow::is_aligned(address)) return true;
    if (at >= &here && at < top_of_stack()) return true;
    return is_in_module(number);
}

// Whether the block may be one that was allocated while hooks recorded nothing.
[[nodiscard]] inline bool may_be_older(const void* block, block_record record) noexcept
{
    if (record.is_freed() || !recorder::has_unknown_blocks()) return false;
    const shadow::found_block around = shadow::live_block_before(block);
    const auto distance = static_cast<std::uint64_t>(static_cast<const char*>(block) -
                                                     static_cast<const char*>(around.address));
    if (around.address != nullptr && recorder::is_known(around.record) &&
        distance < around.record.size()) {
        return false; // in the middle of a block that is known
    }
    return !is_outside_of_heap(block);
}

// Notes a bad free for the scopes that are open, or tells of it on stderr if none is.
[[gnu::noinline, gnu::cold]] inline void note_bad_free(bad_free_kind what, const void* address,
                                                       block_record record,
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
        if (around.address != nullptr && recorder::is_known(around.record) &&
            distance < around.record.size()) {
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

// Whether a block may be freed this way; notes what is wrong. Some that are freed wrongly may, and
// those of which nothing is known.
[[nodiscard]] inline bool is_freeable(const void* block, block_record record,
                                      const free_request& request, call_site site) noexcept
{
    if (!record.is(block_state::live)) {
        if (may_be_older(block, record)) return true;
        note_bad_free(record.is_freed() ? bad_free_kind::double_free : bad_free_kind::foreign,
                      block, record, request, site);
        return false;
    }
    if (record.kind() != request.kind) {
        note_bad_free(bad_free_kind::mismatch, block, record, request, site);
    } else if (record.alignment_bit() != request.alignment_bit) {
        note_bad_free(bad_free_kind::wrong_alignment, block, record, request, site);
    } else if (request.is_sized && record.size() != request.size) {
        note_bad_free(bad_free_kind::wrong_size, block, record, request, site);
    }
    return true;
}

// The record of a block that is about to be freed: made up where nothing is known of it, with the
// size that the allocator knows.
[[nodiscard]] inline block_record record_to_free(void* block, block_record record,
                                                 const free_request& request) noexcept
{
    if (record.is(block_state::live)) return record;
    const std::size_t size = request.is_sized ? request.size : underlying_usable_size(block);
    const std::uint64_t counted =
        this_thread_state.uncounted == 0 ? block_record::counted_bit : std::uint64_t{0};
    return {size | block_record::live_bits(request.kind, request.alignment_bit) | counted, 0};
}

inline void count_freed(block_record record) noexcept
{
    if (!record.is_counted()) return;
    const auto size = static_cast<std::int64_t>(record.size());
    count_anywhere({.frees = 1, .bytes_live = -size});
    if (record.epoch() < recorder::epoch()) count_older_free(record.epoch(), size);
}

// Leaves a record of the free, and of who freed the block where call stacks are captured.
inline void mark_freed(const void* block, block_record record, call_site site) noexcept
{
    if (record.epoch() == 0) { // made up: from now on it is known
        record.who |= static_cast<std::uint32_t>(recorder::epoch());
    }
    if (recorder::what_to_record(recorder::now()) == recorded::call_stacks) {
        record = record.freed_by(capture_stack(site));
    } else {
        record.what = record.freed_by_unknown();
    }
    static_cast<void>(shadow::put(block, record)); // without memory a second free goes unseen
}

// record_free, for every case.
[[nodiscard, gnu::noinline]] inline bool
check_and_record_free(void* block, const free_request& request, call_site site) noexcept
{
    look_at_thread();
    const std::uint64_t now = recorder::now();
    if (recorder::what_to_record(now) == recorded::counts) {
        if (now != 0 && this_thread_state.uncounted == 0) count_anywhere({.frees = 1});
        return true;
    }
    const block_record found = known_record(block);
    if (!is_freeable(block, found, request, site)) return false;
    const block_record record = record_to_free(block, found, request);
    count_freed(record);
    mark_freed(block, record, site);
    return true;
}

} // namespace heaplings::detail
