// Counts the malloc family as well as operator new and delete: defines malloc, free and the others
// in the program, where all libraries find them first (glibc manual, "Replacing malloc").
//
// Include it, instead of hooks.hpp, in exactly one source file of the executable; two don't link.
// What libraries allocate with malloc is counted too: strdup, getline, fopen, dlopen'ed code.
//
// The hooks hand on to __libc_malloc and its like, which every glibc exports. dlsym(RTLD_NEXT,
// "malloc") would find another library's malloc too, but may allocate itself before it has found
// one, and is not there in a static executable. So glibc's allocator is used even if another one is
// linked or preloaded.
//
// A static executable has glibc's malloc beside this one: link with -Wl,-z,muldefs. In one compiled
// with a sanitizer there are no hooks here, and the counter listens to the sanitizer instead: only
// its own malloc knows the blocks of its strdup. GCC's -fsanitize=leak alone is not told apart, and
// would see no blocks: leave this header out.
#pragma once

#include <heaplings/leak_counter/detail/sanitized.hpp>

#if !defined(HEAPLINGS_SANITIZED) && !defined(HEAPLINGS_MALLOC_HOOKS)
#ifdef HEAPLINGS_OPERATOR_NEW_HOOKS
#error "include heaplings/leak_counter/malloc_hooks.hpp before hooks.hpp and doctest.hpp"
#endif
#define HEAPLINGS_MALLOC_HOOKS
#endif

#include <heaplings/leak_counter/detail/recording.hpp>
#include <heaplings/leak_counter/hooks.hpp>

#ifndef HEAPLINGS_SANITIZED

#ifndef __GLIBC__
#error "heaplings/leak_counter/malloc_hooks.hpp needs glibc; hooks.hpp works with any C library"
#endif

#include <bit>
#include <cerrno>
#include <cstddef>

extern "C" {
void* __libc_calloc(std::size_t, std::size_t) noexcept; // NOLINT
void* __libc_realloc(void*, std::size_t) noexcept;      // NOLINT
void* __libc_valloc(std::size_t) noexcept;              // NOLINT
void* __libc_pvalloc(std::size_t) noexcept;             // NOLINT

extern const char heaplings_malloc_is_hooked = 1;
}

namespace heaplings::detail {

template <recorded What>
[[nodiscard, gnu::noinline]] void* recorded_malloc(std::size_t size, const void* return_address,
                                                   const char* stack) noexcept
{
    void* block = allocate_usually<What, allocation_kind::malloc>(
        size, {return_address, stack}, [=] { return __libc_malloc(size); });
    if (block == nullptr) [[unlikely]]
        errno = ENOMEM;
    return block;
}

// What a hook returns while scopes want something: a block of `allocate`, counted; nullptr with
// errno as glibc does, if there is none, no memory for its record, or fault injection says so.
template <typename Allocate>
[[nodiscard, gnu::noinline]] void* unusual_malloc(std::size_t size, call_site site,
                                                  Allocate allocate) noexcept
{
    void* block = allocate_unusually({size, allocation_kind::malloc, site}, 0, allocate);
    if (block == nullptr) errno = ENOMEM;
    return block;
}

// For scopes that want no more than counts.
[[nodiscard, gnu::noinline]] inline void* unrecorded_malloc(std::size_t size) noexcept
{
    void* block = __libc_malloc(size);
    if (block != nullptr) [[likely]] {
        count_unrecorded(*this_thread_state.counter, static_cast<std::int64_t>(size));
    }
    return block;
}

[[nodiscard, gnu::always_inline]] inline void* counted_malloc(std::size_t size,
                                                              call_site site) noexcept
{
    const std::uint64_t now = recorder::now();
    if (now == 0) [[likely]]
        return __libc_malloc(size);
    if (!is_usual(now)) return unusual_malloc(size, site, [=] { return __libc_malloc(size); });
    switch (recorder::what_to_record(now)) {
    case recorded::callers:
        return recorded_malloc<recorded::callers>(size, site.return_address, site.stack);
    case recorded::call_stacks:
        return recorded_malloc<recorded::call_stacks>(size, site.return_address, site.stack);
    case recorded::counts:
        break;
    }
    return unrecorded_malloc(size);
}

[[gnu::always_inline]] inline void counted_free(void* block, call_site site) noexcept
{
    counted_delete<allocation_kind::malloc, false>(block, 0, site);
}

// For the functions that are called less often.
template <typename Allocate>
[[nodiscard]] void* counted_malloc(std::size_t size, call_site site, Allocate allocate) noexcept
{
    return recorder::now() == 0 ? allocate() : unusual_malloc(size, site, allocate);
}

// A block that was resized is one freed and one allocated, whether it moved or not.
[[nodiscard]] inline void* counted_realloc(void* block, std::size_t size, call_site site) noexcept
{
    if (recorder::now() == 0) return __libc_realloc(block, size);
    if (block == nullptr) return counted_malloc(size, site);
    if (size == 0) { // glibc frees the block
        counted_free(block, site);
        return nullptr;
    }
    look_at_thread();
    const attempted_allocation what{size, allocation_kind::malloc, site};
    if (!may_allocate(what)) {
        errno = ENOMEM;
        return nullptr;
    }
    if (recorder::what_to_record(recorder::now()) == recorded::counts) {
        void* resized = __libc_realloc(block, size);
        if (resized == nullptr || this_thread_state.uncounted != 0) return resized;
        count_anywhere({.frees = 1});
        count_anywhere({.allocations = 1, .bytes_allocated = static_cast<std::int64_t>(size)});
        return resized;
    }
    const free_request request{allocation_kind::malloc};
    const block_record known = known_record(block);
    if (!is_freeable(block, known, request, site)) {
        errno = ENOMEM;
        return nullptr;
    }
    // Freed before the call, as another thread may get the old address during it.
    const block_record before = record_to_free(block, known, request);
    mark_freed(block, before, site);
    void* resized = __libc_realloc(block, size);
    if (resized == nullptr) {
        static_cast<void>(shadow::put(block, known)); // the leaf is there
        return nullptr;
    }
    count_freed(before);
    // Without memory for its record the block is unknown. The old block can't be restored.
    if (!record_allocation(resized, what)) {
        count_anywhere({.allocations = 1,
                        .bytes_allocated = static_cast<std::int64_t>(size),
                        .bytes_live = static_cast<std::int64_t>(size)});
    }
    return resized;
}

} // namespace heaplings::detail

extern "C" {

// Not to be inlined, as the operators of hooks.hpp.

[[gnu::noinline]] void* malloc(std::size_t size) noexcept
{
    return heaplings::detail::counted_malloc(size, heaplings::detail::call_site_here());
}

[[gnu::noinline]] void free(void* block) noexcept
{
    heaplings::detail::counted_free(block, heaplings::detail::call_site_here());
}

[[gnu::noinline]] void* calloc(std::size_t count, std::size_t size) noexcept
{
    // If the product overflows there is no block to count.
    return heaplings::detail::counted_malloc(count * size, heaplings::detail::call_site_here(),
                                             [=] { return __libc_calloc(count, size); });
}

[[gnu::noinline]] void* realloc(void* block, std::size_t size) noexcept
{
    return heaplings::detail::counted_realloc(block, size, heaplings::detail::call_site_here());
}

[[gnu::noinline]] void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept
{
    std::size_t product = 0;
    if (__builtin_mul_overflow(count, size, &product)) {
        errno = ENOMEM;
        return nullptr;
    }
    return heaplings::detail::counted_realloc(block, product, heaplings::detail::call_site_here());
}

[[gnu::noinline]] void* memalign(std::size_t alignment, std::size_t size) noexcept
{
    return heaplings::detail::counted_malloc(size, heaplings::detail::call_site_here(),
                                             [=] { return __libc_memalign(alignment, size); });
}

[[gnu::noinline]] void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    return heaplings::detail::counted_malloc(size, heaplings::detail::call_site_here(),
                                             [=] { return __libc_memalign(alignment, size); });
}

[[gnu::noinline]] int posix_memalign(void** result, std::size_t alignment,
                                     std::size_t size) noexcept
{
    if (alignment < sizeof(void*) || !std::has_single_bit(alignment)) return EINVAL;

    const int before = errno; // which this function leaves alone
    void* block = heaplings::detail::counted_malloc(size, heaplings::detail::call_site_here(), [=] {
        return __libc_memalign(alignment, size);
    });
    errno = before;
    if (block == nullptr) return ENOMEM;
    *result = block;
    return 0;
}

[[gnu::noinline]] void* valloc(std::size_t size) noexcept
{
    return heaplings::detail::counted_malloc(size, heaplings::detail::call_site_here(),
                                             [=] { return __libc_valloc(size); });
}

[[gnu::noinline]] void* pvalloc(std::size_t size) noexcept
{
    return heaplings::detail::counted_malloc(size, heaplings::detail::call_site_here(),
                                             [=] { return __libc_pvalloc(size); });
}

} // extern "C"

#endif // HEAPLINGS_SANITIZED
