// What the operators of hooks.hpp do. For the one source file that includes it: it depends on
// whether that file hooks malloc too.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/detail/recording.hpp>
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

// For scopes that want no more than counts.
template <allocation_kind Kind>
[[nodiscard, gnu::noinline]] void* unrecorded_new(std::size_t size, const void* return_address,
                                                  const char* stack)
{
    void* block = unhooked_malloc(size);
    if (block == nullptr) [[unlikely]]
        return retry_new<Kind>(size, 0, {return_address, stack});
    count_unrecorded(*this_thread_state.counter, static_cast<std::int64_t>(size));
    return block;
}

// While no scope is open, this is malloc. `here` gives the call site, and is asked only where that
// is needed: to keep it during the call of malloc would cost.
template <allocation_kind Kind, typename Here>
[[nodiscard, gnu::always_inline]] inline void* counted_new(std::size_t size, Here here)
{
    const std::uint64_t now = recorder::now();
    if (now == 0) [[likely]] {
        void* block = unhooked_malloc(size);
        return block != nullptr ? block : retry_new<Kind>(size, 0, here());
    }
    const call_site site = here();
    if (!is_usual(now)) return counted_aligned_new<Kind>(size, 0, site);
    switch (recorder::what_to_record(now)) {
    case recorded::callers:
        return recorded_new<recorded::callers, Kind>(size, site.return_address, site.stack);
    case recorded::call_stacks:
        return recorded_new<recorded::call_stacks, Kind>(size, site.return_address, site.stack);
    case recorded::counts:
        break;
    }
    return unrecorded_new<Kind>(size, site.return_address, site.stack);
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

[[gnu::noinline, gnu::cold]] inline void unusual_delete(void* block, const free_request& request,
                                                        call_site site) noexcept
{
    if (block == nullptr) return;
    if (recorder::now() == 0 || check_and_record_free(block, request, site)) unhooked_free(block);
}

// `size` is that of a sized delete, and 0 of one without. All four in registers, so that a hook
// goes on to this without a stack frame of its own.
template <allocation_kind Kind, bool IsSized>
[[gnu::noinline, gnu::cold]] void checked_delete(void* block, std::size_t size,
                                                 const void* return_address,
                                                 const char* stack) noexcept
{
    unusual_delete(block, {Kind, IsSized, size}, {return_address, stack});
}

template <recorded What, allocation_kind Kind, bool IsSized>
[[gnu::noinline]] void recorded_delete(void* block, std::size_t size, const void* return_address,
                                       const char* stack) noexcept
{
    if (record_usual_free<What, Kind, IsSized>(block, size, {return_address, stack})) [[likely]]
        return unhooked_free(block);
    checked_delete<Kind, IsSized>(block, size, return_address, stack);
}

// While no scope is open, this is free.
template <allocation_kind Kind, bool IsSized>
[[gnu::always_inline]] inline void counted_delete(void* block, std::size_t size,
                                                  call_site site) noexcept
{
    const std::uint64_t now = recorder::now();
    if (now != 0 && block != nullptr) [[unlikely]] {
        if (!is_usual(now)) {
            return checked_delete<Kind, IsSized>(block, size, site.return_address, site.stack);
        }
        const recorded what = recorder::what_to_record(now);
        if (what == recorded::callers) {
            return recorded_delete<recorded::callers, Kind, IsSized>(
                block, size, site.return_address, site.stack);
        }
        if (what == recorded::call_stacks) {
            return recorded_delete<recorded::call_stacks, Kind, IsSized>(
                block, size, site.return_address, site.stack);
        }
        count_unrecorded_free(*this_thread_state.counter);
    }
    unhooked_free(block);
}

} // namespace heaplings::detail
