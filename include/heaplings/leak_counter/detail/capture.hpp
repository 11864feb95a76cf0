// Finds out who calls an allocation function: the return addresses of its callers.
#pragma once

#include <heaplings/leak_counter/detail/call_stacks.hpp>
#include <heaplings/leak_counter/detail/thread_counter.hpp>

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

// Whose code an address is in, as far as frame pointers matter.
enum class compiled_for {
    program,   // with the program's own flags, or unknown
    c_library, // without frame pointers. Calls back: main, a thread's function, qsort's
    runtime,   // the C++ library, the loader, a sanitizer: without frame pointers, too
};

struct code_range
{
    std::uintptr_t begin = 0;
    std::uintptr_t size = 0;
    compiled_for owner = compiled_for::program;
};
struct code_ranges
{
    code_range ranges[12];
    std::size_t count = 0;
    std::uintptr_t lowest = UINTPTR_MAX; // of all ranges
};

// Code of the C and C++ runtime libraries, which distributions compile without frame pointers.
class runtime_libraries
{
public:
    [[nodiscard]] static const code_ranges& found(code_ranges& buffer) noexcept
    {
        if (state_.load(std::memory_order_acquire) == published) [[likely]]
            return published_;
        look_up(buffer);
        return buffer;
    }

    [[nodiscard]] static compiled_for owner_of(const void* address,
                                               const code_ranges& known) noexcept
    {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        if (at < known.lowest) return compiled_for::program; // as executables mostly are
        for (std::size_t i = 0; i < known.count; ++i) {
            if (at - known.ranges[i].begin < known.ranges[i].size) return known.ranges[i].owner;
        }
        return compiled_for::program;
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

    [[nodiscard]] static compiled_for owner_of_module(std::string_view path) noexcept
    {
        path.remove_prefix(path.rfind('/') + 1); // npos + 1 is 0
        if (path.starts_with("libc.so") || path.starts_with("libc.musl")) {
            return compiled_for::c_library;
        }
        for (const std::string_view start :
             {"ld-", "libstdc++.so", "libc++.so", "libc++abi.so", "libgcc_s.so", "libasan.so",
              "libtsan.so", "liblsan.so", "libhwasan.so"}) {
            if (path.starts_with(start)) return compiled_for::runtime;
        }
        return compiled_for::program;
    }

    static void add_if_runtime(const dl_phdr_info& module, code_ranges& into) noexcept
    {
        const compiled_for owner = owner_of_module(module.dlpi_name);
        if (owner == compiled_for::program) return;
        for (std::size_t i = 0; i < module.dlpi_phnum; ++i) {
            const auto& segment = module.dlpi_phdr[i];
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
            if (into.count == std::size(into.ranges)) return;
            const std::uintptr_t begin = module.dlpi_addr + segment.p_vaddr;
            into.ranges[into.count++] = {begin, segment.p_memsz, owner};
            into.lowest = begin < into.lowest ? begin : into.lowest;
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

// Follows the frame pointers, a few instructions a frame, up to the C library's call of main or of
// a thread's function. 0 if they lead through code that has been compiled without: they then say
// nothing. Reads what sanitizers may have marked.
#if defined(__clang__)
[[clang::no_sanitize("address", "hwaddress", "memory", "thread", "undefined")]]
#else
[[gnu::no_sanitize("address,thread,undefined")]]
#endif
inline std::size_t
follow_frame_pointers(call_site site, std::span<const void*, most_frames> frames) noexcept
{
    code_ranges buffer;
    const code_ranges& runtime = runtime_libraries::found(buffer);
    if (runtime.count == 0) return 0; // linked statically
    const std::uintptr_t top = top_of_stack();
    const auto* frame = static_cast<const stack_frame*>(site.frame);
    const void* return_address = site.return_address;
    for (std::size_t depth = 0; depth < frames.size();) {
        const compiled_for owner = runtime_libraries::owner_of(return_address, runtime);
        if (owner == compiled_for::runtime) return 0;
        frames[depth++] = return_address;
        if (owner == compiled_for::c_library) return depth == 1 ? 0 : depth;
        if (depth == frames.size() || !frame->may_continue_at(frame->caller, top)) return depth;
        frame = frame->caller;
        return_address = frame->return_address;
        if (return_address == nullptr) return depth;
    }
    return frames.size();
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

// The number of the call stack at `site`; 0 if it can't be kept, or if it is the unwinder that
// allocates: in a static executable it does so once, under a lock that it would wait for again.
[[nodiscard, gnu::noinline]] inline std::uint32_t
capture_stack(call_site site, std::uint32_t allocated_by = 0) noexcept
{
    thread_state& state = this_thread_state;
    if (state.captures_stack) return 0;
    state.captures_stack = true;
    ++state.uncounted;
    const void* frames[most_frames];
    std::size_t depth = 0;
    if (site.frame != nullptr && frame_pointers_are_kept()) {
        depth = follow_frame_pointers(site, std::span{frames});
    }
    if (depth == 0) depth = unwind(site, std::span{frames});
    --state.uncounted;
    state.captures_stack = false;
    return call_stacks::number_of({frames, depth}, allocated_by);
}

} // namespace heaplings::detail
