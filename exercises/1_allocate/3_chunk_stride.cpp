// A map service keeps ten million points in memory, 20 bytes each, each in a block of its own. Its
// makers planned for 200 MB and needed more than 300. Nothing leaked: malloc needs some room of its
// own in each block, and puts blocks at certain addresses only.
//
// What does a block of n bytes cost on your machine? If malloc(n) is called again and again,
// neighbouring blocks lie at a fixed distance from one another: their stride.
//
// TODO: make chunk_stride return the stride of blocks of n bytes, for n from 0 to 1032. Measure it
// or find the formula: both count. This first guess says that a block costs its bytes, no more.
//
// Read: man 3 malloc (RETURN VALUE, on alignment), man 3 malloc_usable_size

#include "spec/chunk_stride.hpp"

std::size_t chunk_stride(std::size_t n)
{
    return n;
}
