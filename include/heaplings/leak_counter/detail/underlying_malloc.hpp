// The allocator beneath the hooks.
#pragma once

#include <cstddef>
#include <cstdlib>

// Defined by malloc_hooks.hpp; in a program without it the address is null.
extern "C" [[gnu::weak]] const char heaplings_malloc_is_hooked;

#ifdef __GLIBC__
// glibc's allocator under the names that it keeps for programs which define malloc themselves.
extern "C" {
void* __libc_malloc(std::size_t) noexcept;                // NOLINT
void* __libc_memalign(std::size_t, std::size_t) noexcept; // NOLINT
void __libc_free(void*) noexcept;                         // NOLINT
}
#endif

namespace heaplings::detail {

// Whatever malloc the program has (glibc's, a sanitizer's, another library's), except where that is
// a hook: then what the hook itself calls, so that no block passes two hooks and counts twice.
[[nodiscard]] inline void* underlying_malloc(std::size_t size) noexcept
{
#ifdef __GLIBC__
    if (&heaplings_malloc_is_hooked != nullptr) return __libc_malloc(size);
#endif
    return std::malloc(size);
}

// `alignment` is a power of two, at least that of a pointer.
[[nodiscard]] inline void* underlying_aligned_malloc(std::size_t alignment,
                                                     std::size_t size) noexcept
{
#ifdef __GLIBC__
    if (&heaplings_malloc_is_hooked != nullptr) return __libc_memalign(alignment, size);
#endif
    // Unlike aligned_alloc, takes any size: rounding it up could overflow.
    void* block = nullptr;
    return posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
}

inline void underlying_free(void* block) noexcept
{
#ifdef __GLIBC__
    if (&heaplings_malloc_is_hooked != nullptr) return __libc_free(block);
#endif
    std::free(block);
}

} // namespace heaplings::detail
