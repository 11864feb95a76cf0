// Listens to a sanitizer's allocator, which hooks can't replace
// (<sanitizer/allocator_interface.h>). Of this it takes the counts; the sanitizer checks the rest.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/recording.hpp>
#include <heaplings/leak_counter/detail/sanitized.hpp>

#include <cstddef>

extern "C" [[gnu::weak]] int __sanitizer_install_malloc_and_free_hooks( // NOLINT
    void (*malloc_hook)(const volatile void*, std::size_t),
    void (*free_hook)(const volatile void*)) noexcept;

namespace heaplings::detail {

// The frames next to it are the sanitizer's, which need not keep frame pointers.
[[nodiscard, gnu::always_inline]] inline call_site call_site_in_sanitizer() noexcept
{
    return {__builtin_return_address(0), nullptr};
}

inline void sanitizer_allocated(const volatile void* block, std::size_t size)
{
    if (block == nullptr || recorder::now() == 0 || !recorder::is_decided()) return;
    // It can't be refused. Without memory for its record it is not counted, nor is its free.
    static_cast<void>(record_allocation(const_cast<const void*>(block), // NOLINT
                                        {size, allocation_kind::any, call_site_in_sanitizer()}));
}

inline void sanitizer_frees(const volatile void* address)
{
    const void* block = const_cast<const void*>(address); // NOLINT
    if (recorder::what_to_record(recorder::now()) == recorded::counts) return;
    look_at_thread();
    const block_record record = known_record(block);
    if (!record.is(block_state::live)) return; // from before
    count_freed(record);
    mark_freed(block, record, call_site_in_sanitizer());
}

// Whether the program's allocator is a sanitizer's that can be listened to; from then on it is.
[[nodiscard]] inline bool listens_to_sanitizer() noexcept
{
#ifdef HEAPLINGS_SANITIZED_NEW
    if (&__sanitizer_install_malloc_and_free_hooks == nullptr) return false;
    static const bool installed =
        __sanitizer_install_malloc_and_free_hooks(sanitizer_allocated, sanitizer_frees) != 0;
    return installed;
#else
    return false; // there are hooks of our own, or nothing
#endif
}

} // namespace heaplings::detail
