// How large the stack frame is at a return address, as the unwinder once found it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace heaplings::detail {

// The distance, at a call, from the place next to the return address to that next to the caller's.
// It is a property of the code, unless the function has an array of variable length or calls
// alloca. So once the unwinder has been there, the caller is found by a look into a table.
class frame_rules
{
public:
    static constexpr std::size_t largest = std::size_t{1} << 20U; // exclusive
    static constexpr std::size_t outermost = 0;                   // there is no caller

    [[nodiscard]] static std::optional<std::size_t> at(const void* return_address) noexcept
    {
        const std::uint64_t found = place_of(return_address).load(std::memory_order_relaxed);
        if (found >> size_bits != reinterpret_cast<std::uintptr_t>(return_address)) return {};
        return (found & ((1U << size_bits) - 1)) * 8;
    }

    // `size` is a multiple of 8. Pushes out what another address had in this place of the table.
    static void learn(const void* return_address, std::size_t size) noexcept
    {
        place_of(return_address)
            .store(reinterpret_cast<std::uintptr_t>(return_address) << size_bits | size / 8,
                   std::memory_order_relaxed);
    }

private:
    static constexpr unsigned size_bits = 17; // user space has addresses of 47
    static constexpr unsigned place_bits = 13;
    static_assert(largest / 8 == std::size_t{1} << size_bits);

    [[nodiscard]] static std::atomic<std::uint64_t>& place_of(const void* return_address) noexcept
    {
        const std::uint64_t mixed =
            reinterpret_cast<std::uintptr_t>(return_address) * 0x9e3779b97f4a7c15U;
        return places_[mixed >> (64 - place_bits)];
    }

    inline static constinit std::atomic<std::uint64_t> places_[std::size_t{1} << place_bits]{};
};

} // namespace heaplings::detail
