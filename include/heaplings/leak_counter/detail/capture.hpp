// Finds out who calls an allocation function: the return addresses of its callers.
#pragma once

#include <heaplings/leak_counter/detail/call_stacks.hpp>

#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace heaplings::detail {

// Where an allocation function was called from.
struct call_site
{
    const void* return_address;
    // Of the function itself: the caller's frame pointer, the return address. nullptr: not to be
    // followed, as the caller has been compiled without.
    const void* frame;
};

// To be called by the allocation function itself.
[[nodiscard, gnu::always_inline]] inline call_site call_site_here() noexcept
{
    return {__builtin_return_address(0), __builtin_frame_address(0)};
}

// Addresses of code. The default is none.
struct code_range
{
    std::uintptr_t begin = 0;
    std::uintptr_t size = 0;
};
struct code_ranges
{
    code_range ranges[12];
    std::size_t count = 0;
};

// Code of the C and C++ runtime libraries, which distributions compile without frame pointers.
class runtime_libraries
{
public:
    // Whether the address is in one of them; true if they are unknown, as they are linked
    // statically.
    [[nodiscard]] static bool may_contain(const void* address) noexcept
    {
        code_ranges looked_up;
        const code_ranges* known = &published_;
        if (state_.load(std::memory_order_acquire) != published) [[unlikely]] {
            look_up(looked_up);
            known = &looked_up;
        }
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        for (const code_range& library : known->ranges) {
            if (at - library.begin < library.size) return true;
        }
        return known->count == 0;
    }

private:
    // Each thread that finds nothing published looks itself. No lock: a thread that holds the
    // loader's could wait for it.
    [[gnu::noinline, gnu::cold]] static void look_up(code_ranges& into) noexcept
    {
        dl_iterate_phdr(
            [](dl_phdr_info* module, std::size_t, void* ranges) {
                add_if_runtime(*module, *static_cast<code_ranges*>(ranges));
                return 0;
            },
            &into);
        int expected = empty;
        if (state_.compare_exchange_strong(expected, being_written, std::memory_order_acquire)) {
            published_ = into;
            state_.store(published, std::memory_order_release);
        }
    }

    static void add_if_runtime(const dl_phdr_info& module, code_ranges& into) noexcept
    {
        std::string_view name{module.dlpi_name};
        name.remove_prefix(name.rfind('/') + 1); // npos + 1 is 0
        bool is_runtime = false;
        for (const std::string_view start :
             {"libc.so", "libc.musl", "ld-", "libstdc++.so", "libc++.so", "libc++abi.so",
              "libgcc_s.so", "libasan.so", "libtsan.so", "liblsan.so", "libhwasan.so"}) {
            is_runtime = is_runtime || name.starts_with(start);
        }
        if (!is_runtime) return;
        for (std::size_t i = 0; i < module.dlpi_phnum; ++i) {
            const auto& segment = module.dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
            if (into.count == std::size(into.ranges)) return;
            into.ranges[into.count++] = {module.dlpi_addr + segment.p_vaddr, segment.p_memsz};
        }
    }

    enum : int { empty, being_written, published };
    inline static constinit std::atomic<int> state_{empty};
    inline static constinit code_ranges published_{};
};

// An upper bound for the addresses of the calling thread's stack.
[[nodiscard]] inline std::uintptr_t top_of_stack() noexcept
{
    [[gnu::tls_model("initial-exec")]] static constinit thread_local std::uintptr_t top = 0;
    if (top == 0) {
        // The kernel puts the executable's name above the main thread's stack, and glibc a thread's
        // descriptor above its.
        const bool is_main = syscall(SYS_gettid) == getpid();
        top = is_main ? getauxval(AT_EXECFN) : pthread_self();
    }
    return top;
}

// What a frame pointer points to, in the calling conventions of x86-64 and ARM64.
struct stack_frame
{
    const stack_frame* caller;
    const void* return_address;

    [[nodiscard]] bool may_continue_at(const stack_frame* next, std::uintptr_t top) const noexcept
    {
        constexpr std::uintptr_t largest_frame = 1 << 20;
        const auto here = reinterpret_cast<std::uintptr_t>(this);
        const auto there = reinterpret_cast<std::uintptr_t>(next);
        return there > here && there - here < largest_frame && there < top - sizeof(stack_frame) &&
               there % alignof(stack_frame) == 0;
    }
};

// Whether the program is compiled with frame pointers, as GCC and Clang do at -O0, and above with
// -fno-omit-frame-pointer. Judged by this function, whose callers are the program's own.
[[nodiscard, gnu::noinline]] inline bool frame_pointers_are_kept() noexcept
{
    std::uintptr_t frame_pointer = 0;
#if defined(__x86_64__)
    asm volatile("movq %%rbp, %0" : "=r"(frame_pointer));
#elif defined(__aarch64__)
    asm volatile("mov %0, x29" : "=r"(frame_pointer));
#endif
    char on_stack = 0;
    asm volatile("" : : "r"(&on_stack) : "memory");
    const auto here = reinterpret_cast<std::uintptr_t>(&on_stack);
    if (frame_pointer < here || frame_pointer - here > 4096 || frame_pointer % 8 != 0) return false;
    const auto* frame = reinterpret_cast<const stack_frame*>(frame_pointer); // NOLINT
    return frame->return_address == __builtin_return_address(0);
}

// Follows the frame pointers: a few instructions a frame. Reads what sanitizers may have marked.
#if defined(__clang__)
[[clang::no_sanitize("address", "hwaddress", "memory", "thread", "undefined")]]
#else
[[gnu::no_sanitize("address,thread,undefined")]]
#endif
inline std::size_t
follow_frame_pointers(call_site site, std::span<const void*, most_frames> frames) noexcept
{
    const std::uintptr_t top = top_of_stack();
    const auto* frame = static_cast<const stack_frame*>(site.frame);
    frames[0] = site.return_address;
    std::size_t depth = 1;
    while (depth < frames.size() && frame->may_continue_at(frame->caller, top)) {
        frame = frame->caller;
        if (frame->return_address == nullptr) break;
        frames[depth++] = frame->return_address;
    }
    return depth;
}

// Reads the unwind tables, as an exception does: right for all code, and some fifty times slower.
[[nodiscard]] inline std::size_t unwind(call_site site,
                                        std::span<const void*, most_frames> frames) noexcept
{
    struct walk
    {
        const void* from;
        std::span<const void*, most_frames> frames;
        std::size_t depth;
    };
    walk state{site.return_address, frames, 0};
    _Unwind_Backtrace(
        [](_Unwind_Context* context, void* argument) {
            auto& walked = *static_cast<walk*>(argument);
            const auto* address = reinterpret_cast<const void*>(_Unwind_GetIP(context)); // NOLINT
            if (walked.depth == 0 && address != walked.from) return _URC_NO_REASON; // of the hook
            if (address == nullptr) return _URC_END_OF_STACK;
            walked.frames[walked.depth++] = address;
            return walked.depth == walked.frames.size() ? _URC_END_OF_STACK : _URC_NO_REASON;
        },
        &state);
    if (state.depth == 0) frames[state.depth++] = site.return_address;
    return state.depth;
}

// The number of the call stack at `site`, of a hook that is called by a program; 0 if it can't be
// kept.
[[nodiscard, gnu::noinline]] inline std::uint32_t
capture_stack(call_site site, std::uint32_t allocated_by = 0) noexcept
{
    const void* frames[most_frames];
    const bool follow = site.frame != nullptr && frame_pointers_are_kept() &&
                        !runtime_libraries::may_contain(site.return_address);
    const std::size_t depth =
        follow ? follow_frame_pointers(site, std::span{frames}) : unwind(site, std::span{frames});
    return call_stacks::number_of({frames, depth}, allocated_by);
}

} // namespace heaplings::detail
