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

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/recording.hpp>
#include <heaplings/leak_counter/detail/sanitized.hpp>
#include <heaplings/leak_counter/detail/underlying_malloc.hpp>

#include <bit>
#include <cstddef>
#include <new>

namespace heaplings::detail {

// One attempt: a counted block, or nullptr if there is no memory for it or for its record, or fault
// injection says so.
[[nodiscard]] inline void* try_new(const attempted_allocation& what, std::size_t alignment) noexcept
{
    if (!may_allocate(what)) return nullptr;
    void* block = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                      ? underlying_malloc(what.size)
                      : underlying_aligned_malloc(alignment, what.size);
    if (block != nullptr && !record_allocation(block, what, alignment)) {
        underlying_free(block);
        return nullptr;
    }
    return block;
}

// As long as there is no memory, asks the new_handler to make some ([new.delete.single]).
[[nodiscard, gnu::noinline, gnu::cold]] inline void* retry_new(const attempted_allocation& what,
                                                               std::size_t alignment)
{
    while (true) {
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc{};
        handler();
        if (void* block = try_new(what, alignment); block != nullptr) return block;
    }
}

[[nodiscard]] inline void* counted_new(const attempted_allocation& what,
                                       std::align_val_t alignment = std::align_val_t{0})
{
    void* block = try_new(what, static_cast<std::size_t>(alignment));
    return block != nullptr ? block : retry_new(what, static_cast<std::size_t>(alignment));
}

[[nodiscard]] inline void* counted_new_or_null(const attempted_allocation& what,
                                               std::align_val_t alignment = std::align_val_t{
                                                   0}) noexcept
{
    try {
        return counted_new(what, alignment);
    } catch (...) { // whatever the new_handler throws
        return nullptr;
    }
}

inline void counted_delete(void* block, const free_request& how, call_site site) noexcept
{
    if (block != nullptr && record_free(block, how, site)) underlying_free(block);
}

[[nodiscard]] constexpr unsigned bit_of(std::align_val_t alignment) noexcept
{
    return static_cast<unsigned>(std::countr_zero(static_cast<std::size_t>(alignment)));
}

} // namespace heaplings::detail

#ifndef HEAPLINGS_SANITIZED_NEW

// Not to be inlined where they stand in the same file as a caller: each tells its caller by its own
// return address.

[[gnu::noinline]] void* operator new(std::size_t size)
{
    return heaplings::detail::counted_new(
        {size, heaplings::allocation_kind::new_single, heaplings::detail::call_site_here()});
}
[[gnu::noinline]] void* operator new[](std::size_t size)
{
    return heaplings::detail::counted_new(
        {size, heaplings::allocation_kind::new_array, heaplings::detail::call_site_here()});
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment)
{
    return heaplings::detail::counted_new(
        {size, heaplings::allocation_kind::new_single, heaplings::detail::call_site_here()},
        alignment);
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment)
{
    return heaplings::detail::counted_new(
        {size, heaplings::allocation_kind::new_array, heaplings::detail::call_site_here()},
        alignment);
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(
        {size, heaplings::allocation_kind::new_single, heaplings::detail::call_site_here()});
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(
        {size, heaplings::allocation_kind::new_array, heaplings::detail::call_site_here()});
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment,
                                     const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(
        {size, heaplings::allocation_kind::new_single, heaplings::detail::call_site_here()},
        alignment);
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment,
                                       const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(
        {size, heaplings::allocation_kind::new_array, heaplings::detail::call_site_here()},
        alignment);
}

[[gnu::noinline]] void operator delete(void* block) noexcept
{
    heaplings::detail::counted_delete(block, {heaplings::allocation_kind::new_single},
                                      heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block) noexcept
{
    heaplings::detail::counted_delete(block, {heaplings::allocation_kind::new_array},
                                      heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::align_val_t alignment) noexcept
{
    heaplings::detail::counted_delete(
        block,
        {heaplings::allocation_kind::new_single, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::align_val_t alignment) noexcept
{
    heaplings::detail::counted_delete(
        block,
        {heaplings::allocation_kind::new_array, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::size_t size) noexcept
{
    heaplings::detail::counted_delete(block, {heaplings::allocation_kind::new_single, true, size},
                                      heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::size_t size) noexcept
{
    heaplings::detail::counted_delete(block, {heaplings::allocation_kind::new_array, true, size},
                                      heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::size_t size,
                                       std::align_val_t alignment) noexcept
{
    heaplings::detail::counted_delete(
        block,
        {heaplings::allocation_kind::new_single, true, size, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::size_t size,
                                         std::align_val_t alignment) noexcept
{
    heaplings::detail::counted_delete(
        block,
        {heaplings::allocation_kind::new_array, true, size, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(block, {heaplings::allocation_kind::new_single},
                                      heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(block, {heaplings::allocation_kind::new_array},
                                      heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::align_val_t alignment,
                                       const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(
        block,
        {heaplings::allocation_kind::new_single, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::align_val_t alignment,
                                         const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(
        block,
        {heaplings::allocation_kind::new_array, false, 0, heaplings::detail::bit_of(alignment)},
        heaplings::detail::call_site_here());
}

#endif // HEAPLINGS_SANITIZED_NEW
