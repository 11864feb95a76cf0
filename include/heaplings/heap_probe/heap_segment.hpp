// The heap as the kernel sees it: the memory below the program break; and which way addresses go.
#pragma once

#include <heaplings/heap_probe/region.hpp>
#include <heaplings/proc/maps.hpp>
#include <heaplings/units.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string_view>

namespace heaplings {

// Addresses from `begin` up to, not including, `end`.
struct address_range
{
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;

    [[nodiscard]] constexpr bytes size() const noexcept { return bytes{end - begin}; }
    [[nodiscard]] constexpr bool contains(std::uintptr_t address) const noexcept
    {
        return begin <= address && address < end;
    }
    [[nodiscard]] friend constexpr bool operator==(address_range, address_range) noexcept = default;
};

// The program break: the first address behind the heap segment. brk(2), sbrk(0).
[[nodiscard]] inline std::uintptr_t program_break() noexcept
{
    return address_of(sbrk(0));
}

// The heap segment, from where it began to the program break, in whole pages: [heap] in
// /proc/self/maps. Nothing before the first call of brk, and under Valgrind, which has a program
// break of its own without a name.
//
// Where addresses are not randomised the segment follows the program's bss, and the kernel shows
// one mapping for both: the bss is left out. Throws std::system_error if maps can't be read.
[[nodiscard]] inline std::optional<address_range> heap_segment()
{
    std::optional<address_range> heap;
    maps_file maps;
    for (const mapping& m : maps) {
        if (program_break() <= m.begin) break; // the mappings come in the order of addresses
        if (m.path != "[heap]") continue;
        if (!heap) heap = {m.begin, m.end};
        heap->end = m.end; // a part with other permissions is a mapping of its own
    }
    if (!heap) return std::nullopt;

    while (const auto part = detail::find_loaded_part(heap->begin)) {
        heap->begin = std::min(part->end, heap->end);
    }
    if (heap->begin == heap->end) return std::nullopt;
    return heap;
}

// In which direction addresses go, one after another.
enum class growth {
    up,     // each new address is higher
    down,   // each new address is lower
    mixed,  // some are higher, some lower
    unknown // fewer than two different addresses
};

[[nodiscard]] constexpr std::string_view to_string(growth g) noexcept
{
    switch (g) {
    case growth::up:
        return "up";
    case growth::down:
        return "down";
    case growth::mixed:
        return "mixed";
    case growth::unknown:
        break;
    }
    return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, growth g)
{
    return out << to_string(g);
}

// The direction of `addresses` in their order. The same address twice in a row is no step.
[[nodiscard]] constexpr growth growth_of(std::span<const std::uintptr_t> addresses) noexcept
{
    bool up = false;
    bool down = false;
    for (std::size_t i = 1; i < addresses.size(); ++i) {
        up = up || addresses[i - 1] < addresses[i];
        down = down || addresses[i] < addresses[i - 1];
    }
    if (up && down) return growth::mixed;
    if (up) return growth::up;
    return down ? growth::down : growth::unknown;
}

} // namespace heaplings
