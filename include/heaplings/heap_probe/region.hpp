// What part of the address space an address belongs to.
#pragma once

#include <heaplings/heap_probe/detail/attributes.hpp>
#include <heaplings/heap_probe/detail/loaded.hpp>
#include <heaplings/proc/maps.hpp>
#include <heaplings/units.hpp>

#include <pthread.h>
#include <sys/auxv.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// The parts of the address space of a process, by what they hold.
enum class region {
    text,   // machine code, of the program or of a shared object
    rodata, // constants, and tables that are read-only once relocated (RELRO)
    data,   // static variables with an initial value
    bss,    // static variables that start as zero
    heap,   // [heap], the memory below the program break: brk(2)
    mmap,   // any other mapping: large blocks, arenas of threads, files, shared memory
    stack,  // the stack of the main thread or of the calling thread
    unknown // not mapped: null, given back, never obtained
};

[[nodiscard]] constexpr std::string_view to_string(region r) noexcept
{
    switch (r) {
    case region::text:
        return "text";
    case region::rodata:
        return "rodata";
    case region::data:
        return "data";
    case region::bss:
        return "bss";
    case region::heap:
        return "heap";
    case region::mmap:
        return "mmap";
    case region::stack:
        return "stack";
    case region::unknown:
        break;
    }
    return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, region r)
{
    return out << to_string(r);
}

// An address as a number, to compare and to subtract: C++ orders pointers only within one array.
HEAPLINGS_ADDRESS_ONLY(1)
[[nodiscard]] inline std::uintptr_t address_of(const void* pointer) noexcept
{
    return reinterpret_cast<std::uintptr_t>(pointer);
}

namespace detail {

// The end of .text, from the linker (end(3)); null where there is none, as in a shared library.
extern const char end_of_text asm("etext") __attribute__((weak));

inline std::uintptr_t page_begin(std::uintptr_t address) noexcept
{
    return address - address % static_cast<std::uintptr_t>(page_size().count());
}
inline std::uintptr_t page_end(std::uintptr_t address) noexcept
{
    return page_begin(address - 1) + static_cast<std::uintptr_t>(page_size().count());
}

// A run of addresses of the same region within a loaded object, up to `end`.
struct loaded_part
{
    region what;
    std::uintptr_t end;
    bool of_program;
};

// The part of a loaded object that holds `address`. Segments are mapped in whole pages: what is
// left over of a segment's first and last page counts with it.
inline std::optional<loaded_part> find_loaded_part(std::uintptr_t address)
{
    std::optional<loaded_part> part;
    any_loaded_segment([&](const loaded_segment& segment) {
        const std::uintptr_t end = page_end(segment.end);
        if (address < page_begin(segment.begin) || end <= address) return false;

        const auto is_up_to = [&](region what, std::uintptr_t border) {
            if (address >= border) return false;
            part = {what, border, segment.of_program};
            return true;
        };
        if (segment.executable) {
            // Linkers that don't separate code put the constants behind it in the same segment.
            const std::uintptr_t etext = segment.of_program ? address_of(&end_of_text) : 0;
            const bool mixed = segment.begin < etext && etext < segment.file_end;
            return (mixed && is_up_to(region::text, etext)) ||
                   is_up_to(mixed ? region::rodata : region::text, end);
        }
        if (!segment.writable) return is_up_to(region::rodata, end);
        return is_up_to(region::rodata, page_begin(segment.relro_end)) ||
               is_up_to(region::data, segment.file_end) || is_up_to(region::bss, end);
    });
    return part;
}

// Whether `address`, which lies in the mapping `m`, is on the main thread's stack.
//
// The kernel names that mapping, but under Valgrind the name belongs to another one; the random
// bytes that the kernel left for the program (getauxval(3)) lie on the stack in use.
inline bool is_on_main_stack(const mapping& m)
{
    return m.path.starts_with("[stack") || m.contains(getauxval(AT_RANDOM));
}

// Whether `address`, which lies in the mapping `m`, is on the calling thread's stack, where that is
// not the main thread's. Nobody names it. The C libraries place the thread's control block, to
// which pthread_self() points, on top of the stack and a guard page below it. Above the control
// block the mapping may go on: the kernel merges neighbours.
inline bool is_on_own_stack(std::uintptr_t address, const mapping& m)
{
    const auto control_block = std::bit_cast<std::uintptr_t>(pthread_self());
    const auto frame = address_of(__builtin_frame_address(0));
    return m.contains(control_block) && m.contains(frame) && address < control_block;
}

inline region region_of_mapping(std::uintptr_t address, const mapping& m)
{
    if (m.path == "[heap]") return region::heap;
    if (is_on_main_stack(m) || is_on_own_stack(address, m)) return region::stack;
    return region::mmap;
}

} // namespace detail

// The region of an address of this process, as it is now. The address is not followed.
//
// Sources: the program headers of the loaded objects (dl_iterate_phdr(3)), then /proc/self/maps,
// which since Linux 6.11 answers for one address (maps_file::find).
// - The text, constants and static variables of shared objects count as such, though the objects
// lie
//   in the mmap area; so does the code of the vdso.
// - Where the linker has put constants of a shared object into its code segment, they count as
// text.
// - The stack of another thread counts as mmap, which is what it is: only its owner knows its use.
// - Under a sanitizer local variables may lie on a stack of its own, which counts as mmap.
// - A block of malloc lies in heap or in mmap: chunk_of tells more.
// Throws std::system_error if /proc/self/maps can't be read.
HEAPLINGS_ADDRESS_ONLY(1)
[[nodiscard]] inline region region_of(const void* pointer)
{
    const std::uintptr_t address = address_of(pointer);
    if (const auto part = detail::find_loaded_part(address)) return part->what;

    maps_file maps;
    const auto m = maps.find(address);
    return m ? detail::region_of_mapping(address, *m) : region::unknown;
}

} // namespace heaplings
