#pragma once

#include <cstddef>
#include <cstdio>

// Obtains n ints, each by a call of malloc of its own, and stores their addresses in out[0],
// out[1], ... out[n - 1]. Stops at the first malloc that returns null. Returns how many ints it
// has obtained; the caller frees them.
std::size_t allocate_ints(int** out, std::size_t n);

// Writes the addresses blocks[0] ... blocks[n - 1] to `file`, in this order, each as printf's %p
// writes it and each followed by a newline. Nothing else is written.
void print_addresses(std::FILE* file, int* const* blocks, std::size_t n);
