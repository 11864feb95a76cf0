// Counts operator new and delete: replaces every form of them in the program.
//
// Include it in exactly one source file of the executable: two don't link. Nothing else is needed:
// <heaplings/leak_counter.hpp> reads the counts.
//
// Where a sanitizer with operators of its own is compiled in (any of Clang's, GCC's
// AddressSanitizer), there are none here, and the counter listens to the sanitizer instead. Under
// Valgrind, which replaces them at run time, they never run. (It leaves weak ones alone, but then
// takes what they allocate for malloc's and misses mismatches.)
//
// Compilers may leave out a pair of new and delete: at -O0 they don't; above, GCC keeps them with
// -fno-allocation-dce, Clang with -fno-builtin.
#pragma once

#define HEAPLINGS_OPERATOR_NEW_HOOKS

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/recording.hpp>
#include <heaplings/leak_counter/detail/sanitized.hpp>
#include <heaplings/leak_counter/detail/underlying_malloc.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace heaplings::detail {

// The allocator beneath: in this file it is known whether malloc is hooked.
#ifdef HEAPLINGS_MALLOC_HOOKS
[[nodiscard]] inline void* unhooked_malloc(std::size_t size) noexcept
{
    return __libc_malloc(size);
}
inline void unhooked_free(void* block) noexcept
{
    __libc_free(block);
}
#else
[[nodiscard]] inline void* unhooked_malloc(std::size_t size) noexcept
{
    return std::malloc(size);
}
inline void unhooked_free(void* block) noexcept
{
    std::free(block);
}
#endif

template <allocation_kind Kind>
[[nodiscard, gnu::noinline, gnu::cold]] void* unusual_new(std::size_t size, std::size_t alignment,
                                                          call_site site) noexcept
{
    return allocate_unusually({size, Kind, site}, alignment, [=] {
        return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                   ? unhooked_malloc(size)
                   : underlying_aligned_malloc(alignment, size);
    });
}

// As long as there is no memory, asks the new_handler to make some ([new.delete.single]).
template <allocation_kind Kind>
[[nodiscard, gnu::noinline, gnu::cold]] void* retry_new(std::size_t size, std::size_t alignment,
                                                        call_site site)
{
    while (true) {
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc{};
        handler();
        if (void* block = unusual_new<Kind>(size, alignment, site); block != nullptr) return block;
    }
}

template <recorded What, allocation_kind Kind>
[[nodiscard, gnu::noinline]] void* recorded_new(std::size_t size, const void* return_address,
                                                const char* stack)
{
    const call_site site{return_address, stack};
    void* block = allocate_usually<What, Kind>(size, site, [=] { return unhooked_malloc(size); });
    return block != nullptr ? block : retry_new<Kind>(size, 0, site);
}

template <allocation_kind Kind>
[[nodiscard, gnu::noinline]] void* counted_aligned_new(std::size_t size, std::size_t alignment,
                                                       call_site site)
{
    void* block = unusual_new<Kind>(size, alignment, site);
    return block != nullptr ? block : retry_new<Kind>(size, alignment, site);
}

// While no scope is open, this is malloc, and where blocks are only counted, little more.
template <allocation_kind Kind>
[[nodiscard, gnu::always_inline]] inline void* counted_new(std::size_t size, call_site site)
{
    const std::uint64_t now = recorder::now();
    if (now != 0) [[unlikely]] {
        if (!is_usual(now)) return counted_aligned_new<Kind>(size, 0, site);
        const recorded what = recorder::what_to_record(now);
        if (what == recorded::callers) {
            return recorded_new<recorded::callers, Kind>(size, site.return_address, site.stack);
        }
        if (what == recorded::call_stacks) {
            return recorded_new<recorded::call_stacks, Kind>(size, site.return_address, site.stack);
        }
        count_unrecorded(*this_thread_state.counter, static_cast<std::int64_t>(size));
    }
    void* block = unhooked_malloc(size);
    if (block != nullptr) [[likely]]
        return block;
    if (now != 0) uncount_unrecorded(*this_thread_state.counter, static_cast<std::int64_t>(size));
    return retry_new<Kind>(size, 0, site);
}

[[nodiscard]] constexpr unsigned bit_of(std::align_val_t alignment) noexcept
{
    return bit_of(static_cast<std::size_t>(alignment));
}

// nullptr for whatever the new_handler throws.
template <typename New>
[[nodiscard]] void* or_null(New allocate) noexcept
{
    try {
        return allocate();
    } catch (...) {
        return nullptr;
    }
}

template <recorded What, allocation_kind Kind>
[[gnu::noinline]] void recorded_delete(void* block, const void* return_address,
                                       const char* stack) noexcept
{
    if (record_usual_free<What, Kind>(block, {}, {return_address, stack})) unhooked_free(block);
}
template <recorded What, allocation_kind Kind>
[[gnu::noinline]] void recorded_sized_delete(void* block, std::size_t size,
                                             const void* return_address, const char* stack) noexcept
{
    if (record_usual_free<What, Kind>(block, size, {return_address, stack})) unhooked_free(block);
}

[[gnu::noinline, gnu::cold]] inline void unusual_delete(void* block, const free_request& request,
                                                        call_site site) noexcept
{
    if (block == nullptr) return;
    if (recorder::now() == 0 || check_and_record_free(block, request, site)) unhooked_free(block);
}

template <allocation_kind Kind>
[[gnu::always_inline]] inline void counted_delete(void* block, call_site site) noexcept
{
    const std::uint64_t now = recorder::now();
    if (now != 0 && block != nullptr) [[unlikely]] {
        if (!is_usual(now)) return unusual_delete(block, {Kind}, site);
        const recorded what = recorder::what_to_record(now);
        if (what == recorded::callers) {
            return recorded_delete<recorded::callers, Kind>(block, site.return_address, site.stack);
        }
        if (what == recorded::call_stacks) {
            return recorded_delete<recorded::call_stacks, Kind>(block, site.return_address,
                                                                site.stack);
        }
        count_unrecorded_free(*this_thread_state.counter);
    }
    unhooked_free(block);
}
template <allocation_kind Kind>
[[gnu::always_inline]] inline void counted_sized_delete(void* block, std::size_t size,
                                                        call_site site) noexcept
{
    const std::uint64_t now = recorder::now();
    if (now != 0 && block != nullptr) [[unlikely]] {
        if (!is_usual(now)) return unusual_delete(block, {Kind, true, size}, site);
        const recorded what = recorder::what_to_record(now);
        if (what == recorded::callers) {
            return recorded_sized_delete<recorded::callers, Kind>(block, size, site.return_address,
                                                                  site.stack);
        }
        if (what == recorded::call_stacks) {
            return recorded_sized_delete<recorded::call_stacks, Kind>(
                block, size, site.return_address, site.stack);
        }
        count_unrecorded_free(*this_thread_state.counter);
    }
    unhooked_free(block);
}

} // namespace heaplings::detail

#ifndef HEAPLINGS_SANITIZED_NEW

// Not to be inlined where they stand in the same file as a caller: each tells its caller by its own
// return address.

[[gnu::noinline]] void* operator new(std::size_t size)
{
    return heaplings::detail::counted_new<heaplings::allocation_kind::new_single>(
        size, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment)
{
    return heaplings::detail::counted_aligned_new<heaplings::allocation_kind::new_single>(
        size, static_cast<std::size_t>(alignment), heaplings::detail::call_site_here());
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    const auto site = heaplings::detail::call_site_here();
    return heaplings::detail::or_null([=] {
        return heaplings::detail::counted_new<heaplings::allocation_kind::new_single>(size, site);
    });
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment,
                                     const std::nothrow_t&) noexcept
{
    const auto site = heaplings::detail::call_site_here();
    return heaplings::detail::or_null([=] {
        return heaplings::detail::counted_aligned_new<heaplings::allocation_kind::new_single>(
            size, static_cast<std::size_t>(alignment), site);
    });
}
[[gnu::noinline]] void* operator new[](std::size_t size)
{
    return heaplings::detail::counted_new<heaplings::allocation_kind::new_array>(
        size, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment)
{
    return heaplings::detail::counted_aligned_new<heaplings::allocation_kind::new_array>(
        size, static_cast<std::size_t>(alignment), heaplings::detail::call_site_here());
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
    const auto site = heaplings::detail::call_site_here();
    return heaplings::detail::or_null([=] {
        return heaplings::detail::counted_new<heaplings::allocation_kind::new_array>(size, site);
    });
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment,
                                       const std::nothrow_t&) noexcept
{
    const auto site = heaplings::detail::call_site_here();
    return heaplings::detail::or_null([=] {
        return heaplings::detail::counted_aligned_new<heaplings::allocation_kind::new_array>(
            size, static_cast<std::size_t>(alignment), site);
    });
}

[[gnu::noinline]] void operator delete(void* block) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_single>(
        block, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::size_t size) noexcept
{
    heaplings::detail::counted_sized_delete<heaplings::allocation_kind::new_single>(
        block, size, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_single>(
        block, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::align_val_t alignment) noexcept
{
    heaplings::detail::unusual_delete(
        block,
        {heaplings::allocation_kind::new_single, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::size_t size,
                                       std::align_val_t alignment) noexcept
{
    heaplings::detail::unusual_delete(
        block,
        {heaplings::allocation_kind::new_single, true, size, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::align_val_t alignment,
                                       const std::nothrow_t&) noexcept
{
    heaplings::detail::unusual_delete(
        block,
        {heaplings::allocation_kind::new_single, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_array>(
        block, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::size_t size) noexcept
{
    heaplings::detail::counted_sized_delete<heaplings::allocation_kind::new_array>(
        block, size, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_array>(
        block, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::align_val_t alignment) noexcept
{
    heaplings::detail::unusual_delete(
        block,
        {heaplings::allocation_kind::new_array, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::size_t size,
                                         std::align_val_t alignment) noexcept
{
    heaplings::detail::unusual_delete(
        block,
        {heaplings::allocation_kind::new_array, true, size, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::align_val_t alignment,
                                         const std::nothrow_t&) noexcept
{
    heaplings::detail::unusual_delete(
        block,
        {heaplings::allocation_kind::new_array, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}

#endif // HEAPLINGS_SANITIZED_NEW
