#pragma once

#include <cstddef>

// The distance in bytes from the start of a block to the start of the next one, if malloc(n) is
// called again and again and nothing is freed. n is 0 to 1032.
std::size_t chunk_stride(std::size_t n);
