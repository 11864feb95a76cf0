// What every hook does: note a block when it is allocated, and check it when it is freed.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/allocation_watch.hpp>
#include <heaplings/leak_counter/detail/bad_free_log.hpp>
#include <heaplings/leak_counter/detail/capture.hpp>
#include <heaplings/leak_counter/detail/checked_free.hpp>
#include <heaplings/leak_counter/detail/open_scopes.hpp>
#include <heaplings/leak_counter/detail/recorder.hpp>
#include <heaplings/leak_counter/detail/shadow.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>
#include <heaplings/leak_counter/detail/underlying_malloc.hpp>

#include <cstddef>
#include <cstdint>

namespace heaplings::detail {

// Remembers a block, if scopes want that, and counts it. False, and nothing counted, if there is no
// memory to remember it: without a record its free would not be recognised.
[[nodiscard]] inline bool record_allocation(const void* block, const attempted_allocation& what,
                                            std::size_t alignment = 0) noexcept
{
    look_at_thread();
    const thread_state& state = this_thread_state;
    const std::uint64_t now = recorder::now();
    const bool is_counted = state.uncounted == 0;
    const auto size = static_cast<std::int64_t>(what.size);
    if (recorder::what_to_record(now) == recorded::counts) {
        recorder::add_unknown_block();
        if (is_counted && now != 0) count_anywhere({.allocations = 1, .bytes_allocated = size});
        return true;
    }
    const std::uint64_t stack = recorder::what_to_record(now) == recorded::call_stacks
                                    ? capture_stack(what.site)
                                    : capture_caller(what.site);
    const block_record record{what.size | block_record::live_bits(what.kind, bit_of(alignment)) |
                                  (is_counted ? block_record::counted_bit : 0),
                              state.signature | stack << block_record::stack_shift};
    if (!shadow::put(block, record)) return false;
    if (is_counted) count_anywhere({.allocations = 1, .bytes_allocated = size, .bytes_live = size});
    return true;
}

// Whether an allocation may be attempted: not if fault injection makes it fail.
[[nodiscard]] inline bool may_allocate(const attempted_allocation& attempt) noexcept
{
    return this_thread_state.watches == nullptr || this_thread_state.uncounted != 0 ||
           allocation_watch::all_allow(attempt);
}

// What a hook does that scopes want something of: allocates a block with `allocate`, and records
// it. nullptr if there is no memory for it or for its record, or fault injection says so.
template <typename Allocate>
[[nodiscard, gnu::noinline, gnu::cold]] void* allocate_unusually(const attempted_allocation& what,
                                                                 std::size_t alignment,
                                                                 Allocate allocate) noexcept
{
    if (!may_allocate(what)) return nullptr;
    void* block = allocate();
    if (block != nullptr && !record_allocation(block, what, alignment)) {
        underlying_free(block);
        return nullptr;
    }
    return block;
}

// The usual case: nothing but scopes is open, and the thread has its counter. One function for each
// thing that is recorded, so that the lesser does not pay for the greater.

[[nodiscard]] inline bool is_usual(std::uint64_t now) noexcept
{
    return this_thread_state.usual_at == now;
}

// Where it is the first of its page of records, or there is no memory for that page: nullptr then.
[[nodiscard, gnu::noinline, gnu::cold]] inline void*
keep_first_of_page(void* block, block_record record) noexcept
{
    if (!shadow::put(block, record)) {
        underlying_free(block);
        return nullptr;
    }
    count_allocation(*this_thread_state.counter, static_cast<std::int64_t>(record.size()));
    return block;
}

template <recorded What, allocation_kind Kind, typename Allocate>
[[nodiscard, gnu::always_inline]] inline void* allocate_usually(std::size_t size, call_site site,
                                                                Allocate allocate) noexcept
{
    static_assert(What != recorded::counts);
    const thread_state& state = this_thread_state;
    const std::uint64_t stack = What == recorded::call_stacks
                                    ? capture_stack(site)
                                    : call_stacks::number_of_caller(site.return_address);
    void* block = allocate();
    if (block == nullptr) [[unlikely]]
        return nullptr;
    const block_record record{size | block_record::live_bits(Kind, 0) | block_record::counted_bit,
                              state.signature | stack << block_record::stack_shift};
    const stored_record* place = shadow::find_on_written_page(block);
    if (place == nullptr) [[unlikely]]
        return keep_first_of_page(block, record);
    place->store(record);
    count_allocation(*state.counter, static_cast<std::int64_t>(size));
    return block;
}

// Counts and records the free of a block, which must not have happened yet, if nothing is to be
// said against it and its call stack is as it was the last time. Else check_and_record_free() is to
// look at it.
template <recorded What, allocation_kind Kind, bool IsSized>
[[nodiscard, gnu::always_inline]] inline bool record_usual_free(void* block, std::size_t requested,
                                                                call_site site) noexcept
{
    static_assert(What != recorded::counts);
    const thread_state& state = this_thread_state;
    const call_stack_entry* stack = nullptr;
    if constexpr (What == recorded::call_stacks) {
        // First, as the processor then does not wait for the record meanwhile.
        stack = latest_stacks::same_as_before(site);
        if (stack == nullptr) [[unlikely]]
            return false;
    }
    const stored_record* place = shadow::find(block);
    if (place == nullptr) [[unlikely]]
        return false;
    // One comparison answers most questions: a live block that is counted, of this family and size,
    // without alignment. The other: allocated since the last scope was opened.
    const block_record record = place->load();
    const std::uint64_t size = IsSized ? requested : record.size();
    constexpr std::uint64_t bits = block_record::live_bits(Kind, 0) | block_record::counted_bit;
    if (record.what != (size | bits) ||
        record.epoch() != static_cast<std::uint32_t>(state.signature)) [[unlikely]]
        return false;
    if constexpr (What == recorded::call_stacks) {
        place->store(record.freed_by(stack->number));
    } else {
        place->store_what(record.freed_by_unknown());
    }
    count_free(*state.counter, static_cast<std::int64_t>(size));
    return true;
}

} // namespace heaplings::detail
