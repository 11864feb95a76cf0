#pragma once

#include <cstddef>

// The size of each block in bytes: below the size from which malloc asks for a mapping of its own.
inline constexpr std::size_t block_size = 64 * 1024;

// The resident set size of the process in KiB, at three moments.
struct readings
{
    long full;    // all blocks are in use and written to
    long freed;   // all blocks are freed, but the bookmark is in use
    long trimmed; // the same, after malloc_trim(0)
};

// Obtains `blocks` blocks of block_size bytes from malloc, then one more of 24 bytes, the bookmark,
// and writes to each byte of the blocks. Calls resident() at each of the three moments, and nowhere
// else. At the end nothing is in use any more.
//
// resident() returns the resident set size of the process in KiB. It obtains no memory itself.
readings free_and_trim(std::size_t blocks, long (*resident)());
