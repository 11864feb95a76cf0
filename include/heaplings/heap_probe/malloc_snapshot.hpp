// What malloc says of itself: mallinfo2(3) with units, and what changed between two readings.
#pragma once

#include <heaplings/heap_probe/detail/glibc_malloc.hpp>
#include <heaplings/units.hpp>

#include <malloc.h>

#include <cstdint>
#include <optional>
#include <ostream>

namespace heaplings {

// The state of malloc, or the difference of two states, which may be negative. In parentheses the
// field of struct mallinfo2.
struct malloc_snapshot
{
    bytes arenas;                     // obtained for the main arena and those of threads (arena)
    bytes in_use;                     // the part of it in blocks, with their headers (uordblks)
    bytes free;                       // the rest of it, waiting for reuse (fordblks)
    std::int64_t free_chunks = 0;     // pieces of the rest, but for the fast bins (ordblks)
    bytes fast_bins;                  // the part of free in small blocks not yet merged (fsmblks)
    std::int64_t fast_bin_chunks = 0; // their number (smblks)
    bytes trimmable;                  // at the top of the main arena, for malloc_trim (keepcost)
    bytes mmapped;                    // obtained for blocks with a mapping of their own (hblkhd)
    std::int64_t mmapped_blocks = 0;  // their number (hblks)

    [[nodiscard]] friend constexpr bool operator==(const malloc_snapshot&,
                                                   const malloc_snapshot&) noexcept = default;

    // What changed from `before` to `after`.
    [[nodiscard]] friend constexpr malloc_snapshot operator-(const malloc_snapshot& after,
                                                             const malloc_snapshot& before) noexcept
    {
        malloc_snapshot change;
        change.arenas = after.arenas - before.arenas;
        change.in_use = after.in_use - before.in_use;
        change.free = after.free - before.free;
        change.free_chunks = after.free_chunks - before.free_chunks;
        change.fast_bins = after.fast_bins - before.fast_bins;
        change.fast_bin_chunks = after.fast_bin_chunks - before.fast_bin_chunks;
        change.trimmable = after.trimmable - before.trimmable;
        change.mmapped = after.mmapped - before.mmapped;
        change.mmapped_blocks = after.mmapped_blocks - before.mmapped_blocks;
        return change;
    }
};

inline std::ostream& operator<<(std::ostream& out, const malloc_snapshot& s)
{
    return out << "arenas " << s.arenas << ": in use " << s.in_use << ", free " << s.free << " in "
               << s.free_chunks << " chunks, fast bins " << s.fast_bins << " in "
               << s.fast_bin_chunks << " chunks, trimmable " << s.trimmable << "; mmapped "
               << s.mmapped << " in " << s.mmapped_blocks << " blocks";
}

// The state of malloc now; allocates nothing. Nothing comes back where it is not known: before
// glibc 2.33, in another C library, and where Valgrind or a sanitizer has replaced malloc.
//
// Freed blocks that a thread keeps in its tcache, small ones, up to 7 of each size, count as in
// use.
[[nodiscard]] inline std::optional<malloc_snapshot> take_malloc_snapshot()
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 33))
    if (detail::malloc_is_replaced()) return std::nullopt;

    const struct mallinfo2 info = mallinfo2();
    malloc_snapshot now;
    now.arenas = bytes{info.arena};
    now.in_use = bytes{info.uordblks};
    now.free = bytes{info.fordblks};
    now.free_chunks = static_cast<std::int64_t>(info.ordblks);
    now.fast_bins = bytes{info.fsmblks};
    now.fast_bin_chunks = static_cast<std::int64_t>(info.smblks);
    now.trimmable = bytes{info.keepcost};
    now.mmapped = bytes{info.hblkhd};
    now.mmapped_blocks = static_cast<std::int64_t>(info.hblks);
    return now;
#else
    return std::nullopt;
#endif
}

} // namespace heaplings
