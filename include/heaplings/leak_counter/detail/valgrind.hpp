// What Valgrind tells the program that runs under it (Valgrind manual, "Client Requests" of
// Memcheck), where its header is installed. Without the header, a run under Valgrind is not
// noticed.
#pragma once
#pragma GCC system_header // the macros of Valgrind's header are C

#include <cstdint>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define HEAPLINGS_HAS_VALGRIND_HEADER
#endif

namespace heaplings::detail {

// All blocks of the heap at this moment, of the whole process, malloc's and new's.
struct valgrind_blocks
{
    std::int64_t lost_blocks = 0; // no pointer to them was found: definitely or indirectly lost
    std::int64_t lost_bytes = 0;
    std::int64_t other_blocks = 0; // possibly lost, still reachable or suppressed
    std::int64_t other_bytes = 0;
};

// Whether the program runs under Valgrind's Memcheck, or another of its tools.
[[nodiscard]] inline bool is_under_valgrind() noexcept
{
#ifdef HEAPLINGS_HAS_VALGRIND_HEADER
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

// Searches the memory for pointers: some milliseconds, more with a large heap.
[[nodiscard]] inline valgrind_blocks count_valgrind_blocks() noexcept
{
    valgrind_blocks found;
#ifdef HEAPLINGS_HAS_VALGRIND_HEADER
    VALGRIND_DO_QUICK_LEAK_CHECK;
    unsigned long leaked = 0;
    unsigned long dubious = 0;
    unsigned long reachable = 0;
    unsigned long suppressed = 0;
    VALGRIND_COUNT_LEAK_BLOCKS(leaked, dubious, reachable, suppressed);
    found.lost_blocks = static_cast<std::int64_t>(leaked);
    found.other_blocks = static_cast<std::int64_t>(dubious + reachable + suppressed);
    VALGRIND_COUNT_LEAKS(leaked, dubious, reachable, suppressed);
    found.lost_bytes = static_cast<std::int64_t>(leaked);
    found.other_bytes = static_cast<std::int64_t>(dubious + reachable + suppressed);
#endif
    return found;
}

} // namespace heaplings::detail
