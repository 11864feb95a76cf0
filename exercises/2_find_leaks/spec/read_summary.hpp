#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

// Blocks of one kind, and the bytes in all of them together.
struct lost
{
    std::size_t bytes;
    std::size_t blocks;
};

struct summary
{
    // HEAP SUMMARY
    std::size_t in_use_bytes; // at exit
    std::size_t in_use_blocks;
    std::size_t allocs;
    std::size_t frees;
    // LEAK SUMMARY; all 0 if Valgrind says that no leaks are possible
    lost definite;
    lost indirect;
    lost possible;
    lost reachable;
    lost suppressed;
};

// The numbers in Valgrind's report on a program, as a terminal shows it: what the program printed
// stands in between. Each line of Valgrind's begins with the number of the process between two
// equals signs on each side, ==4711==, and the lines of the summaries begin where a line begins.
//
// Nothing if the heap summary is missing, or if it is not told how what was in use was lost.
std::optional<summary> read_summary(std::string_view report);
