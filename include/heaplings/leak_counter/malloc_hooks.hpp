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
// with a sanitizer there are no hooks here, and hooks_active(hook::malloc) is false: only the
// sanitizer's own malloc knows the blocks of the sanitizer's strdup. GCC's -fsanitize=leak alone is
// not told apart, and would see no blocks: leave this header out.
#pragma once

#include <heaplings/leak_counter/hooks.hpp>
#include <heaplings/leak_counter/sanitized.hpp>

#ifndef HEAPLINGS_SANITIZED

#ifndef __GLIBC__
#error "heaplings/leak_counter/malloc_hooks.hpp needs glibc; hooks.hpp works with any C library"
#endif

#include <bit>
#include <cerrno>
#include <cstddef>
#include <optional>

extern "C" {
void* __libc_calloc(std::size_t, std::size_t) noexcept; // NOLINT
void* __libc_realloc(void*, std::size_t) noexcept;      // NOLINT
void* __libc_valloc(std::size_t) noexcept;              // NOLINT
void* __libc_pvalloc(std::size_t) noexcept;             // NOLINT

extern const char heaplings_malloc_is_hooked = 1;
}

namespace heaplings::detail {

// What a hook returns: the block that glibc gave, counted; nullptr as glibc does if there was none.
[[nodiscard]] inline void* counted(void* block, std::size_t size) noexcept
{
    if (block != nullptr && !record_allocation(block, size)) {
        __libc_free(block);
        errno = ENOMEM;
        return nullptr;
    }
    return block;
}

// A block that was resized is one freed and one allocated, whether it moved or not.
[[nodiscard]] inline void* counted_realloc(void* block, std::size_t size) noexcept
{
    // Taken before the call, as another thread may get the old address during it.
    const std::optional<block_record> known = shadow::take(block);
    void* resized = __libc_realloc(block, size);

    const bool failed = resized == nullptr && size != 0; // with size 0, glibc frees the block
    if (failed) {
        if (known) static_cast<void>(shadow::put(block, *known)); // the leaf is there
        return nullptr;
    }
    if (known) count_free(*known);
    // Without memory for its record the block is counted all the same: then it is never seen to be
    // freed, a false alarm rather than a leak overlooked. The old block can't be restored.
    if (resized != nullptr && !record_allocation(resized, size)) count_allocation(size);
    return resized;
}

} // namespace heaplings::detail

extern "C" {

void* malloc(std::size_t size) noexcept
{
    return heaplings::detail::counted(__libc_malloc(size), size);
}

void free(void* block) noexcept
{
    heaplings::detail::record_free(block);
    __libc_free(block);
}

void* calloc(std::size_t count, std::size_t size) noexcept
{
    // If the product overflows there is no block to count.
    return heaplings::detail::counted(__libc_calloc(count, size), count * size);
}

void* realloc(void* block, std::size_t size) noexcept
{
    return heaplings::detail::counted_realloc(block, size);
}

void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept
{
    std::size_t product = 0;
    if (__builtin_mul_overflow(count, size, &product)) {
        errno = ENOMEM;
        return nullptr;
    }
    return heaplings::detail::counted_realloc(block, product);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept
{
    return heaplings::detail::counted(__libc_memalign(alignment, size), size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    return heaplings::detail::counted(__libc_memalign(alignment, size), size);
}

int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept
{
    if (alignment < sizeof(void*) || !std::has_single_bit(alignment)) return EINVAL;

    void* block = heaplings::detail::counted(__libc_memalign(alignment, size), size);
    if (block == nullptr) return ENOMEM;
    *result = block;
    return 0;
}

void* valloc(std::size_t size) noexcept
{
    return heaplings::detail::counted(__libc_valloc(size), size);
}

void* pvalloc(std::size_t size) noexcept
{
    return heaplings::detail::counted(__libc_pvalloc(size), size);
}

} // extern "C"

#endif // HEAPLINGS_SANITIZED
