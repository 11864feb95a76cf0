#pragma once

#include <cstddef>

// Does free give the memory of a block of `bytes` bytes back to the kernel at once?
//
// The process has obtained and freed one block before, of `freed_before` bytes; 0: none. A small
// block that was obtained last is still in use, as in exercise 2. Both sizes are multiples of
// 32 KiB, and a block of 128 KiB or more has no room in the heap unless the heap grows.
bool goes_back(std::size_t bytes, std::size_t freed_before);
