// Finds out who calls an allocation function: the return addresses of its callers.
#pragma once

#include <heaplings/leak_counter/detail/call_stacks.hpp>
#include <heaplings/leak_counter/detail/frame_rules.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace heaplings::detail {

// Where an allocation function was called from.
struct call_site
{
    const void* return_address;
    // The stack as the caller has it, next to the return address. nullptr: not to be read.
    const char* stack;
};

// To be called by the allocation function itself.
[[nodiscard, gnu::always_inline]] inline call_site call_site_here() noexcept
{
#if !defined(__x86_64__)
    return {__builtin_return_address(0), nullptr};
#elif __has_builtin(__builtin_dwarf_cfa)
    return {__builtin_return_address(0), static_cast<const char*>(__builtin_dwarf_cfa())};
#else
    // The frame pointer lies below the return address.
    const auto* frame = static_cast<const char*>(__builtin_frame_address(0));
    return {__builtin_return_address(0), frame + 2 * sizeof(void*)};
#endif
}

// The same as an argument, for who may not need to know.
struct find_call_site
{
    [[nodiscard, gnu::always_inline]] call_site operator()() const noexcept
    {
        return call_site_here();
    }
};

// An upper bound for the addresses of the calling thread's stack.
[[nodiscard, gnu::noinline, gnu::cold]] inline const char* find_top_of_stack() noexcept
{
    // The kernel puts the executable's name above the main thread's stack, and glibc a thread's
    // descriptor above its.
    const bool is_main = syscall(SYS_gettid) == getpid();
    const std::uintptr_t top = is_main ? getauxval(AT_EXECFN) : pthread_self();
    this_thread_state.top_of_stack = reinterpret_cast<const char*>(top); // NOLINT
    return this_thread_state.top_of_stack;
}
[[nodiscard]] inline const char* top_of_stack() noexcept
{
    const char* const top = this_thread_state.top_of_stack;
    return top != nullptr ? top : find_top_of_stack();
}

// A word of the stack, also one that a sanitizer has marked.
#if defined(__clang__)
[[clang::no_sanitize("address", "hwaddress", "memory", "thread", "undefined")]]
#else
[[gnu::no_sanitize("address,thread,undefined")]]
#endif
[[nodiscard]] inline const void*
word_at(const char* address) noexcept
{
    using word [[gnu::may_alias]] = const void*;
    return *reinterpret_cast<const word*>(address);
}

using frames_buffer = std::span<captured_frame, most_frames>;

// Reads the unwind tables, as an exception does: right for all code, and slow. Teaches frame_rules.
class unwinding
{
public:
    unwinding(call_site site, frames_buffer frames) noexcept : site_{site}, frames_{frames} {}

    // How many frames there are, at least one.
    [[nodiscard]] std::size_t run() noexcept
    {
        const _Unwind_Reason_Code end = _Unwind_Backtrace(
            [](_Unwind_Context* context, void* self) {
                return static_cast<unwinding*>(self)->visit(context);
            },
            this);
        if (depth_ == 0) {
            frames_[0] = {site_.return_address, -1};
            return 1;
        }
        if (end == _URC_END_OF_STACK && !is_full_ && frames_[depth_ - 1].distance >= 0) {
            frame_rules::learn(frames_[depth_ - 1].return_address, frame_rules::outermost);
        }
        return depth_;
    }

private:
    _Unwind_Reason_Code visit(_Unwind_Context* context) noexcept
    {
        int is_signal_frame = 0;
        const auto* address =
            reinterpret_cast<const void*>(_Unwind_GetIPInfo(context, &is_signal_frame)); // NOLINT
        if (depth_ == 0 && address != site_.return_address) return _URC_NO_REASON; // of the hook
        if (address == nullptr) return _URC_END_OF_STACK;
        if (depth_ == frames_.size()) {
            is_full_ = true;
            return _URC_END_OF_STACK;
        }
        const auto* stack = reinterpret_cast<const char*>(_Unwind_GetCFA(context)); // NOLINT
        frames_[depth_] = {address, is_signal_frame == 0 ? distance_to(address, stack) : -1};
        ++depth_;
        stack_ = stack;
        return _URC_NO_REASON;
    }

    // Where this return address was, if that can be relied on; teaches it to frame_rules.
    [[nodiscard]] std::int32_t distance_to(const void* address, const char* stack) noexcept
    {
        if (site_.stack == nullptr) return -1;
        if (depth_ == 0) return stack == site_.stack ? 0 : -1;
        if (frames_[depth_ - 1].distance < 0) return -1;
        const auto size = static_cast<std::size_t>(stack - stack_); // if negative, very large
        if (size == 0 || size >= frame_rules::largest || size % 8 != 0) return -1;
        const char* slot = stack - sizeof(void*); // by the calling convention of x86-64
        if (word_at(slot) != address) return -1;
        frame_rules::learn(frames_[depth_ - 1].return_address, size);
        const std::ptrdiff_t distance = slot - site_.stack;
        return distance <= INT32_MAX ? static_cast<std::int32_t>(distance) : -1;
    }

    call_site site_;
    frames_buffer frames_;
    std::size_t depth_ = 0;
    const char* stack_ = nullptr; // of the frame before
    bool is_full_ = false;
};

// Goes from frame to frame by what unwinding has learned. 0 where it has not been yet, or the stack
// is not as it was then.
[[nodiscard]] inline std::size_t follow_rules(call_site site, frames_buffer frames) noexcept
{
    const char* stack = site.stack;
    const char* const top = top_of_stack();
    if (stack >= top) return 0; // a stack of the program's own
    const void* address = site.return_address;
    std::int32_t distance = 0;
    for (std::size_t depth = 0;;) {
        frames[depth++] = {address, distance};
        if (depth == frames.size()) return depth;
        const std::optional<std::size_t> size = frame_rules::at(address);
        if (!size) return 0;
        if (*size == frame_rules::outermost) return depth;
        stack += *size;
        if (stack > top) return 0;
        const char* slot = stack - sizeof(void*);
        address = word_at(slot);
        distance = static_cast<std::int32_t>(slot - site.stack);
    }
}

// Remembers the call stack that was captured last at a place in code and stack: mostly it is the
// same again, and comparing it takes some four instructions a frame.
class latest_stacks
{
public:
    // nullptr if the stack is another, or nothing is remembered.
    [[nodiscard, gnu::always_inline]] static const call_stack_entry*
    same_as_before(call_site site) noexcept
    {
        const call_stack_entry* const entry = place_of(site).load(std::memory_order_acquire);
        if (entry == nullptr || site.stack == nullptr) [[unlikely]]
            return nullptr;
        // Without a known top, which capture_other_stack finds out, nothing is below it.
        if (site.stack + entry->last_distance >= this_thread_state.top_of_stack) [[unlikely]]
            return nullptr;
        // In this order, and no further than they agree: where a caller's address lies is known
        // from the callee's, and a place beyond the end of a stack may not be read.
        if (entry->frames[0] != site.return_address) [[unlikely]]
            return nullptr;
        const std::size_t depth = entry->depth;
        for (std::size_t i = 1; i < depth; i += call_stack_entry::frames_at_once) {
            if (!is_frame_of(*entry, i, site) || !is_frame_of(*entry, i + 1, site) ||
                !is_frame_of(*entry, i + 2, site))
                return nullptr;
        }
        return entry;
    }

    static void remember(call_site site, std::uint32_t number) noexcept
    {
        const call_stack_entry* entry = call_stacks::at(number);
        if (entry != nullptr && entry->has_distances) {
            place_of(site).store(entry, std::memory_order_release);
        }
    }

private:
    [[nodiscard, gnu::always_inline]] static bool
    is_frame_of(const call_stack_entry& entry, std::size_t i, call_site site) noexcept
    {
        static_assert(call_stack_entry::frames_at_once == 3);
        return word_at(site.stack + entry.distances[i]) == entry.frames[i];
    }

    [[nodiscard]] static std::atomic<const call_stack_entry*>& place_of(call_site site) noexcept
    {
        const std::uint64_t mixed = (reinterpret_cast<std::uintptr_t>(site.return_address) ^
                                     reinterpret_cast<std::uintptr_t>(site.stack) << 20U) *
                                    0x9e3779b97f4a7c15U;
        return places_[mixed >> (64 - 12)];
    }

    inline static constinit std::atomic<const call_stack_entry*> places_[1U << 12U]{};
};

[[nodiscard, gnu::noinline]] inline std::uint32_t capture_other_stack(call_site site) noexcept
{
    // In a static executable the unwinder allocates, once, under a lock that it would wait for.
    thread_state& state = this_thread_state;
    if (state.is_unwinding) return 0;

    captured_frame buffer[most_frames];
    const frames_buffer frames{buffer};
    std::size_t depth = site.stack != nullptr ? follow_rules(site, frames) : 0;
    if (depth == 0) {
        state.is_unwinding = true;
        const std::uint64_t before = std::exchange(state.usual_at, 0);
        ++state.uncounted;
        depth = unwinding{site, frames}.run();
        --state.uncounted;
        state.usual_at = before;
        state.is_unwinding = false;
    }
    const std::uint32_t number = call_stacks::number_of({buffer, depth});
    if (site.stack != nullptr) latest_stacks::remember(site, number);
    return number;
}

// The number of the call stack at `site`; 0 if it can't be kept.
[[nodiscard, gnu::always_inline]] inline std::uint32_t capture_stack(call_site site) noexcept
{
    const call_stack_entry* const same = latest_stacks::same_as_before(site);
    return same != nullptr ? same->number : capture_other_stack(site);
}

// The number of the call stack of one frame.
[[nodiscard]] inline std::uint32_t capture_caller(call_site site) noexcept
{
    return call_stacks::can_be_kept() ? call_stacks::number_of_caller(site.return_address) : 0;
}

} // namespace heaplings::detail
