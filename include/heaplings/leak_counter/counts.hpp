// What a scope counts.
#pragma once

#include <heaplings/units.hpp>

#include <cstdint>
#include <ostream>

namespace heaplings {

// What happened in a scope. Bytes are those requested, without what malloc adds; of a block from
// before the first scope, those that malloc set aside. A realloc that succeeds is an allocation and
// a free.
struct allocation_counts
{
    std::int64_t allocations = 0;
    std::int64_t frees = 0; // of all blocks, those older than the scope included
    bytes allocated;
    bytes freed;

    // Allocated since the scope began and not freed yet: at the end, what leaked.
    std::int64_t live_blocks = 0;
    bytes live_bytes;

    std::int64_t bad_frees = 0; // of which some were carried out and are among the frees

    [[nodiscard]] friend bool operator==(const allocation_counts&,
                                         const allocation_counts&) = default;
};

// Prints as `3 allocations of 48 B, 2 frees of 32 B, 1 live block of 16 B`, and `, 1 bad free` if
// there are any.
inline std::ostream& operator<<(std::ostream& out, const allocation_counts& counts)
{
    const auto plural = [](std::int64_t n) { return n == 1 ? "" : "s"; };
    out << counts.allocations << " allocation" << plural(counts.allocations) << " of "
        << counts.allocated << ", " << counts.frees << " free" << plural(counts.frees) << " of "
        << counts.freed << ", " << counts.live_blocks << " live block" << plural(counts.live_blocks)
        << " of " << counts.live_bytes;
    if (counts.bad_frees != 0) {
        out << ", " << counts.bad_frees << " bad free" << plural(counts.bad_frees);
    }
    return out;
}

// The most bytes that were live at the same time lies between these two.
struct peak_bounds
{
    bytes at_least;
    bytes at_most;

    [[nodiscard]] friend bool operator==(const peak_bounds&, const peak_bounds&) = default;
};

// Prints as `peak 48 B`, or `peak between 48 B and 64 B`.
inline std::ostream& operator<<(std::ostream& out, const peak_bounds& peak)
{
    if (peak.at_least == peak.at_most) return out << "peak " << peak.at_most;
    return out << "peak between " << peak.at_least << " and " << peak.at_most;
}

} // namespace heaplings
