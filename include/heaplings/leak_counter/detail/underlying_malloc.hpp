// The allocator beneath the hooks.
#pragma once

#include <malloc.h>

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

// Whether the program's malloc is a hook. Beneath is glibc's then.
[[nodiscard]] inline bool malloc_is_hooked() noexcept
{
    return &heaplings_malloc_is_hooked != nullptr;
}

// Whatever malloc the program has (glibc's, a sanitizer's, another library's), except where that is
// a hook: then what the hook itself calls, so that no block passes two hooks and counts twice.
[[nodiscard]] inline void* underlying_malloc(std::size_t size) noexcept
{
#ifdef __GLIBC__
    if (malloc_is_hooked()) return __libc_malloc(size);
#endif
    return std::malloc(size);
}

// `alignment` is a power of two, at least that of a pointer.
[[nodiscard]] inline void* underlying_aligned_malloc(std::size_t alignment,
                                                     std::size_t size) noexcept
{
#ifdef __GLIBC__
    if (malloc_is_hooked()) return __libc_memalign(alignment, size);
#endif
    // Unlike aligned_alloc, takes any size: rounding it up could overflow.
    void* block = nullptr;
    return posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
}

inline void underlying_free(void* block) noexcept
{
#ifdef __GLIBC__
    if (malloc_is_hooked()) return __libc_free(block);
#endif
    std::free(block);
}

// How many bytes the allocator set aside for a block of its own: at least those requested.
[[nodiscard]] inline std::size_t underlying_usable_size(void* block) noexcept
{
#ifdef __GLIBC__
    if (malloc_is_hooked()) {
        // malloc_usable_size may be a preloaded library's, which does not know glibc's blocks. The
        // word before a block is the size of its chunk, with three flags; in a chunk that is not
        // mmapped, the first word of the next chunk belongs to the block (glibc, malloc.c).
        if (block == nullptr) return 0;
        const std::size_t word = static_cast<const std::size_t*>(block)[-1];
        const bool is_mmapped = (word & 2U) != 0;
        return (word & ~std::size_t{7}) - (is_mmapped ? 2 : 1) * sizeof word;
    }
#endif
    return malloc_usable_size(block);
}

} // namespace heaplings::detail
