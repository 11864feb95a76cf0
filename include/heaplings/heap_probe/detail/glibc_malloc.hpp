// The layout of glibc's malloc, as far as a pointer leads to it, read without trusting it.
//
// For glibc 2.26 to 2.42: struct malloc_chunk (malloc/malloc.c) and its three flag bits stayed the
// same; malloc_state gained a field in 2.27, heap_info (malloc/arena.c) one in 2.35; 2.43 takes the
// fast bins out of malloc_state. For SIZE_SZ 8 and MALLOC_ALIGNMENT 16, as on 64-bit Linux. Run so
// far with 2.36. What is read must agree with itself (alignment, chain of chunks, bounds of
// mappings), so that in a layout not foreseen here nothing is found rather than something wrong.
#pragma once

#include <heaplings/heap_probe/detail/loaded.hpp>
#include <heaplings/heap_probe/region.hpp>

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace heaplings::detail {

// In every sanitizer runtime that replaces malloc (sanitizer/allocator_interface.h); else null.
void sanitizer_allocator() asm("__sanitizer_get_allocated_size") __attribute__((weak));

// N of the glibc 2.N that the program runs with; -1 for another C library.
inline int glibc_minor_version()
{
    int minor = -1;
#ifdef __GLIBC__
    const std::string_view version{gnu_get_libc_version()};
    if (version.starts_with("2.")) {
        std::from_chars(version.data() + 2, version.data() + version.size(), minor);
    }
#endif
    return minor;
}

// Whether Valgrind or a sanitizer has put a malloc of its own in the place of the C library's.
// Valgrind preloads a library for each tool that does; vgpreload_core alone replaces nothing.
inline bool malloc_is_replaced()
{
    static const bool replaced =
        &sanitizer_allocator != nullptr || any_loaded_path([](std::string_view path) {
            return path.find("/vgpreload_") != path.npos &&
                   path.find("/vgpreload_core") == path.npos;
        });
    return replaced;
}

// Whether chunks have the layout below.
inline bool malloc_layout_is_known()
{
    const int minor = glibc_minor_version();
    return sizeof(std::size_t) == 8 && 26 <= minor && minor <= 42 && !malloc_is_replaced();
}

constexpr std::uintptr_t malloc_alignment = 16;
constexpr std::uintptr_t chunk_header_size = 16;

// struct malloc_chunk, as far as it is in front of the block.
struct chunk_header
{
    std::uintptr_t
        previous_size; // if the previous chunk is free; for an mmapped chunk what it skips
    std::uintptr_t size_and_flags;

    static constexpr std::uintptr_t previous_in_use = 1;
    static constexpr std::uintptr_t mmapped = 2;
    static constexpr std::uintptr_t thread_arena = 4;

    [[nodiscard]] std::uintptr_t size() const noexcept
    {
        return size_and_flags & ~std::uintptr_t{7};
    }
    [[nodiscard]] std::uintptr_t flags() const noexcept { return size_and_flags & 7; }
    [[nodiscard]] bool has(std::uintptr_t flag) const noexcept
    {
        return (size_and_flags & flag) != 0;
    }
};

// struct heap_info, at the beginning of each heap of a thread arena; heaps are aligned to their
// greatest size, HEAP_MAX_SIZE.
struct heap_info
{
    std::uintptr_t arena;    // the malloc_state, which follows the heap_info of the first heap
    std::uintptr_t previous; // heap of the same arena; null in the first
    std::uintptr_t size;     // in use by the arena

    static constexpr std::uintptr_t max_size = std::uintptr_t{64} << 20;
};

// Reads what may not be there: the kernel copies it, or says that it can't (process_vm_readv(2)).
// Returns how many of the `size` bytes from `address` on were read.
inline std::size_t read_memory(std::uintptr_t address, void* to, std::size_t size)
{
    const iovec local{to, size};
    const iovec remote{reinterpret_cast<void*>(address), size};
    const ssize_t count = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

template <typename Value>
std::optional<Value> read_value(std::uintptr_t address)
{
    static_assert(std::is_trivially_copyable_v<Value>);
    Value value;
    if (read_memory(address, &value, sizeof value) != sizeof value) return std::nullopt;
    return value;
}

// Reads chunk headers, many at a time where they are close together; never beyond the page of a
// header, lest the kernel fill in pages that nobody has touched.
class header_reader
{
public:
    [[nodiscard]] std::optional<chunk_header> at(std::uintptr_t chunk)
    {
        if (chunk < begin_ || begin_ + size_ < chunk + sizeof(chunk_header)) {
            begin_ = chunk;
            const std::uintptr_t wanted = page_end(chunk + sizeof(chunk_header)) - chunk;
            size_ = read_memory(chunk, buffer_, std::min<std::size_t>(wanted, sizeof buffer_));
            if (size_ < sizeof(chunk_header)) return std::nullopt;
        }
        chunk_header header;
        std::memcpy(&header, buffer_ + (chunk - begin_), sizeof header);
        return header;
    }

private:
    std::uintptr_t begin_ = 0;
    std::size_t size_ = 0;
    unsigned char buffer_[4096];
};

// A run of adjacent chunks: the heap segment or one heap of a thread arena.
struct chunk_run
{
    std::uintptr_t first; // the first chunk, if it is where it should be
    std::uintptr_t end;
};

// Whether the chunks of a run, from the first one on, leave out `chunk`: that one is inside
// another. Where the chain breaks off before that is certain, they don't.
inline bool run_leaves_out(const chunk_run& run, std::uintptr_t chunk)
{
    constexpr std::uintptr_t smallest = 2 * chunk_header_size;
    header_reader headers;
    std::uintptr_t next = run.first;
    while (next < run.end && next != chunk) {
        const auto header = headers.at(next);
        if (!header) return false;
        // A fence of half the smallest size ends a heap that was not the last to be obtained.
        if (header->size() == smallest / 2) return chunk < next;
        if (header->size() < smallest || header->size() % malloc_alignment != 0) return false;
        if (header->size() > run.end - next) return false;
        next += header->size();
    }
    return next == run.end;
}

// The header of `chunk` if it is one of the run's and in use.
inline std::optional<chunk_header> find_in_run(const chunk_run& run, std::uintptr_t chunk)
{
    if (chunk < run.first || run.end <= chunk) return std::nullopt;
    const auto header = read_value<chunk_header>(chunk);
    if (!header || header->size() < 2 * chunk_header_size ||
        header->size() % malloc_alignment != 0) {
        return std::nullopt;
    }
    // The last chunk of a run, top, belongs to malloc: one in use has another behind it.
    if (run.end - chunk <= header->size()) return std::nullopt;
    const auto following = read_value<chunk_header>(chunk + header->size());
    if (!following || !following->has(chunk_header::previous_in_use)) return std::nullopt;
    if (run_leaves_out(run, chunk)) return std::nullopt;
    return header;
}

// A heap of a thread arena.
struct arena_heap
{
    chunk_run run;
    std::uintptr_t arena;
};

// The heap of a thread arena that `chunk` is in, if there is one.
inline std::optional<arena_heap> find_arena_heap(std::uintptr_t chunk)
{
    const std::uintptr_t heap = chunk - chunk % heap_info::max_size;
    const auto info = read_value<heap_info>(heap);
    if (!info || info->arena == 0 || info->size > heap_info::max_size) return std::nullopt;

    const std::uintptr_t heap_info_size = glibc_minor_version() < 35 ? 32 : 48;
    const std::uintptr_t malloc_state_size = glibc_minor_version() < 27 ? 2192 : 2200;
    const bool is_first = info->previous == 0;
    const auto first_info = read_value<heap_info>(info->arena - heap_info_size);
    if (info->arena % heap_info::max_size != heap_info_size || !first_info ||
        first_info->arena != info->arena || first_info->previous != 0 ||
        is_first != (info->arena == heap + heap_info_size)) {
        return std::nullopt;
    }
    const std::uintptr_t before = heap_info_size + (is_first ? malloc_state_size : 0);
    const std::uintptr_t first =
        heap + (before + malloc_alignment - 1) / malloc_alignment * malloc_alignment;
    return arena_heap{{first, heap + info->size}, info->arena};
}

} // namespace heaplings::detail
