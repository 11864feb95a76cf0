// A web service loads a catalogue at midnight: for a minute it needs 3 GB, then it frees all of it.
// In the morning `top` still shows 3 GB, and somebody opens a ticket: "memory leak". Valgrind finds
// none. After one line more, malloc_trim(0), `top` shows 40 MB.
//
// free gives memory back to malloc, not to the kernel. malloc keeps it for the next request, and
// can cut its heap only at the end: a single small block that was obtained last, a bookmark say,
// holds all that lies below it. malloc_trim, a function of glibc, also gives back free pages in
// between.
//
// TODO: make free_and_trim play this night as promised in spec/free_is_not_return.hpp, and read the
// resident set size at the three moments. So far it obtains the blocks and tells what it sees then;
// the kernel provides a page only when it is first written to.
//
// Read: man 3 malloc_trim, man 3 memset, man 3 mallopt (M_TRIM_THRESHOLD)

#include "spec/free_is_not_return.hpp"

#include <cstdlib>
#include <vector>

readings free_and_trim(std::size_t blocks, long (*resident)())
{
    std::vector<void*> catalogue(blocks);
    for (void*& block : catalogue) block = std::malloc(block_size);

    readings seen{};
    seen.full = resident();
    for (void* const block : catalogue) std::free(block);
    return seen;
}
