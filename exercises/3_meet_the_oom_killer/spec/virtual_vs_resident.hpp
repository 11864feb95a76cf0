#pragma once

#include <cstddef>

// Makes the first `pages` pages of a mapping resident: the process's resident set size grows by
// them, and by nothing else of the mapping. `map` is where the mapping begins. It is private,
// anonymous, readable and writable, has at least so many pages, and holds zeros, of which
// touch may change whichever it likes in those pages.
void touch(void* map, std::size_t pages);
