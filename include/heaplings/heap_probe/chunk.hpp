// What malloc keeps beside a block: its chunk, and the arena that the chunk belongs to.
#pragma once

#include <heaplings/heap_probe/detail/attributes.hpp>
#include <heaplings/heap_probe/detail/glibc_malloc.hpp>
#include <heaplings/heap_probe/heap_segment.hpp>
#include <heaplings/heap_probe/region.hpp>
#include <heaplings/proc/maps.hpp>
#include <heaplings/units.hpp>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// Where malloc took a chunk from.
enum class chunk_origin {
    main_arena,   // the heap segment, grown by brk
    thread_arena, // an arena made for threads, in mappings of at most 64 MiB each
    mmapped // a mapping of its own, for a block above the threshold (mallopt(3), M_MMAP_THRESHOLD)
};

[[nodiscard]] constexpr std::string_view to_string(chunk_origin origin) noexcept
{
    switch (origin) {
    case chunk_origin::main_arena:
        return "main arena";
    case chunk_origin::thread_arena:
        return "thread arena";
    case chunk_origin::mmapped:
        break;
    }
    return "mmapped";
}

inline std::ostream& operator<<(std::ostream& out, chunk_origin origin)
{
    return out << to_string(origin);
}

// The chunk of a block that malloc, calloc, realloc or an aligned variant returned.
struct chunk
{
    std::uintptr_t begin = 0; // the header, 16 bytes in front of the block
    bytes size;               // header and block, as in the header: malloc.c, chunksize
    bytes usable;             // what the block may use: malloc_usable_size(3)
    bytes lead;               // skipped in front of an mmapped chunk for the sake of alignment
    chunk_origin origin = chunk_origin::main_arena;
    std::uintptr_t arena = 0; // a thread arena's malloc_state, which tells arenas apart; else 0

    [[nodiscard]] friend constexpr bool operator==(const chunk&, const chunk&) noexcept = default;
};

inline std::ostream& operator<<(std::ostream& out, const chunk& c)
{
    return out << "chunk of " << c.size << ", usable " << c.usable << ", " << c.origin;
}

namespace detail {

// A chunk in use also owns the first word of the next: the size of a previous chunk that is free.
inline bytes usable_in_arena(const chunk_header& header)
{
    return bytes{header.size() - sizeof header.size_and_flags};
}

inline std::optional<chunk> chunk_in_heap_segment(std::uintptr_t begin)
{
    const auto heap = heap_segment();
    if (!heap) return std::nullopt;
    const auto header = find_in_run({heap->begin, program_break()}, begin);
    if (!header || header->flags() > chunk_header::previous_in_use) return std::nullopt;

    return chunk{.begin = begin,
                 .size = bytes{header->size()},
                 .usable = usable_in_arena(*header),
                 .lead = bytes{0},
                 .origin = chunk_origin::main_arena,
                 .arena = 0};
}

inline std::optional<chunk> chunk_in_thread_arena(std::uintptr_t begin)
{
    const auto heap = find_arena_heap(begin);
    if (!heap) return std::nullopt;
    const auto header = find_in_run(heap->run, begin);
    if (!header || !header->has(chunk_header::thread_arena) || header->has(chunk_header::mmapped)) {
        return std::nullopt;
    }
    return chunk{.begin = begin,
                 .size = bytes{header->size()},
                 .usable = usable_in_arena(*header),
                 .lead = bytes{0},
                 .origin = chunk_origin::thread_arena,
                 .arena = heap->arena};
}

inline std::optional<chunk> mmapped_chunk(std::uintptr_t begin)
{
    const auto header = read_value<chunk_header>(begin);
    if (!header || header->flags() != chunk_header::mmapped) return std::nullopt;

    // Malloc maps whole pages for the block and unmaps them when it is freed.
    const std::uintptr_t mapped_begin = begin - header->previous_size;
    const std::uintptr_t mapped_end = begin + header->size();
    const bool holds_block = mapped_begin <= begin && begin + chunk_header_size < mapped_end;
    if (!holds_block || mapped_begin != page_begin(mapped_begin) ||
        mapped_end != page_begin(mapped_end)) {
        return std::nullopt;
    }
    maps_file maps;
    const auto m = maps.find(begin);
    if (!m || mapped_begin < m->begin || m->end < mapped_end) return std::nullopt;

    return chunk{.begin = begin,
                 .size = bytes{header->size()},
                 .usable = bytes{header->size() - chunk_header_size},
                 .lead = bytes{header->previous_size},
                 .origin = chunk_origin::mmapped,
                 .arena = 0};
}

} // namespace detail

// The chunk of a block in use; nothing if `block` is not known to be the start of one.
//
// Only what is mapped and readable is read, by the kernel, so that any address may be asked about.
// A header that looks right is not trusted alone: the chunks of its heap are followed from the
// first one on, in time linear in their number. So nothing comes back for an address on the stack,
// in static data, inside a block or behind it, nor for a block that was given back, unless
// - it is a small block that malloc keeps for reuse as if it were in use (tcache, fast bins);
// - the bytes in front of it were arranged to look like a header where that can't be disproved:
//   within mapped memory, or where the first chunk of the heap segment is hidden because others too
//   moved the program break (sbrk, the start of a statically linked program).
// Nothing comes back either where the layout is not known: another C library, a glibc outside
// 2.26 to 2.42, 32 bits, a malloc replaced by Valgrind or a sanitizer, and where the main arena had
// to go on in a mapping because something was in the way of the program break.
//
// Other threads may allocate meanwhile. Throws std::system_error if /proc/self/maps can't be read.
// Source: malloc/malloc.c and malloc/arena.c of glibc.
HEAPLINGS_ADDRESS_ONLY(1)
[[nodiscard]] inline std::optional<chunk> chunk_of(const void* block)
{
    const std::uintptr_t address = address_of(block);
    if (address < detail::chunk_header_size || address % detail::malloc_alignment != 0 ||
        !detail::malloc_layout_is_known()) {
        return std::nullopt;
    }
    const std::uintptr_t begin = address - detail::chunk_header_size;
    switch (region_of(block)) {
    case region::heap:
        return detail::chunk_in_heap_segment(begin);
    case region::mmap: {
        const auto c = detail::chunk_in_thread_arena(begin);
        return c ? c : detail::mmapped_chunk(begin);
    }
    default:
        return std::nullopt;
    }
}

} // namespace heaplings
