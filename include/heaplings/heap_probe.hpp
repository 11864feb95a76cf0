// Looking at this process's memory from inside: where an address lies, what malloc keeps about a
// block, which pages are in RAM. Nothing here changes what it looks at: no allocation, no page
// touched.
#pragma once

#include <heaplings/heap_probe/chunk.hpp>
#include <heaplings/heap_probe/heap_segment.hpp>
#include <heaplings/heap_probe/malloc_snapshot.hpp>
#include <heaplings/heap_probe/picture.hpp>
#include <heaplings/heap_probe/region.hpp>
#include <heaplings/heap_probe/resident.hpp>
