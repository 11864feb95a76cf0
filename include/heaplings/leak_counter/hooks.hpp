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
#include <heaplings/leak_counter/detail/counted_operators.hpp>
#include <heaplings/leak_counter/detail/sanitized.hpp>

#include <cstddef>
#include <new>

#ifndef HEAPLINGS_SANITIZED_NEW

// Not to be inlined where they stand in the same file as a caller: each tells its caller by its own
// return address.

[[gnu::noinline]] void* operator new(std::size_t size)
{
    return heaplings::detail::counted_new<heaplings::allocation_kind::new_single>(
        size, heaplings::detail::find_call_site{});
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
        return heaplings::detail::counted_new<heaplings::allocation_kind::new_single>(
            size, [=] { return site; });
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
        size, heaplings::detail::find_call_site{});
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
        return heaplings::detail::counted_new<heaplings::allocation_kind::new_array>(
            size, [=] { return site; });
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
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_single, false>(
        block, 0, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, std::size_t size) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_single, true>(
        block, size, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete(void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_single, false>(
        block, 0, heaplings::detail::call_site_here());
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
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_array, false>(
        block, 0, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, std::size_t size) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_array, true>(
        block, size, heaplings::detail::call_site_here());
}
[[gnu::noinline]] void operator delete[](void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete<heaplings::allocation_kind::new_array, false>(
        block, 0, heaplings::detail::call_site_here());
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
