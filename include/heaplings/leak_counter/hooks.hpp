// Counts operator new and delete: replaces every form of them in the program.
//
// Include it in exactly one source file of the executable: two don't link. Nothing else is needed:
// <heaplings/leak_counter.hpp> reads the counts.
//
// Clang's sanitizers bring operators of their own, beside which others don't link: compiled with
// one of them, there are none here. Under Valgrind, which replaces them at run time, they never
// run. (It leaves weak ones alone, but then takes what they allocate for malloc's and misses
// mismatches.) In both cases hooks_active() is false. With GCC's AddressSanitizer they run, and it
// misses mismatches.
//
// Compilers may leave out a pair of new and delete: at -O0 they don't; above, GCC keeps them with
// -fno-allocation-dce, Clang with -fno-builtin.
#pragma once

#include <heaplings/leak_counter/recording.hpp>
#include <heaplings/leak_counter/sanitized.hpp>
#include <heaplings/leak_counter/underlying_malloc.hpp>

#include <cstddef>
#include <new>

namespace heaplings::detail {

// One attempt: a counted block, or nullptr if there is no memory for it or for its record.
[[nodiscard]] inline void* try_new(std::size_t size, std::size_t alignment) noexcept
{
    void* block = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                      ? underlying_malloc(size)
                      : underlying_aligned_malloc(alignment, size);
    if (block != nullptr && !record_allocation(block, size)) {
        underlying_free(block);
        return nullptr;
    }
    return block;
}

// As long as there is no memory, asks the new_handler to make some ([new.delete.single]).
[[nodiscard, gnu::noinline, gnu::cold]] inline void* retry_new(std::size_t size,
                                                               std::size_t alignment)
{
    while (true) {
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc{};
        handler();
        if (void* block = try_new(size, alignment); block != nullptr) return block;
    }
}

[[nodiscard]] inline void* counted_new(std::size_t size, std::size_t alignment = 0)
{
    void* block = try_new(size, alignment);
    return block != nullptr ? block : retry_new(size, alignment);
}

[[nodiscard]] inline void* counted_new(std::size_t size, std::align_val_t alignment)
{
    return counted_new(size, static_cast<std::size_t>(alignment));
}

template <typename... Alignment>
[[nodiscard]] void* counted_new_or_null(std::size_t size, Alignment... alignment) noexcept
{
    try {
        return counted_new(size, alignment...);
    } catch (...) { // whatever the new_handler throws
        return nullptr;
    }
}

inline void counted_delete(void* block) noexcept
{
    record_free(block);
    underlying_free(block);
}

} // namespace heaplings::detail

#if !defined(__clang__) || !defined(HEAPLINGS_SANITIZED)

void* operator new(std::size_t size)
{
    return heaplings::detail::counted_new(size);
}
void* operator new[](std::size_t size)
{
    return heaplings::detail::counted_new(size);
}
void* operator new(std::size_t size, std::align_val_t alignment)
{
    return heaplings::detail::counted_new(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment)
{
    return heaplings::detail::counted_new(size, alignment);
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept
{
    return heaplings::detail::counted_new_or_null(size, alignment);
}

void operator delete(void* block) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete[](void* block) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete(void* block, std::size_t) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete[](void* block, std::size_t) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete(void* block, std::align_val_t) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete[](void* block, std::align_val_t) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(block);
}
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept
{
    heaplings::detail::counted_delete(block);
}

#endif
