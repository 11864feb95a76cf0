// A seismograph cannot know in advance how many tremors the night will bring. The variables in a
// program's text are counted before it starts; memory for what comes later is asked for while it
// runs, from malloc:
//
//     void* malloc(std::size_t size);
//
// malloc takes a number of bytes and returns the address of a block of so many, which is yours
// until you hand it to free. It returns a null pointer (nullptr) if there is no such block.
// A void* does not say what lives there: static_cast<int*>(...) says that it is an int.
//
// `int** out` is the address of the first of n pointers, which the caller has ready for you to
// fill: out[0], out[1], ... out[n - 1].
//
// TODO: allocate_ints obtains the memory, print_addresses shows where it is. Both manage a single
// int, and trust malloc blindly: make them manage n. What each must do, also for 0 ints and when
// malloc fails, is promised in spec/first_malloc.hpp.
//
// Read: man 3 malloc (RETURN VALUE), man 3 printf (%p)

#include "spec/first_malloc.hpp"

#include <cstdlib>

std::size_t allocate_ints(int** out, std::size_t n)
{
    if (n == 0) return 0;
    out[0] = static_cast<int*>(std::malloc(sizeof(int)));
    return 1;
}

void print_addresses(std::FILE* file, int* const* blocks, std::size_t n)
{
    if (n == 0) return;
    std::fprintf(file, "%p\n", static_cast<void*>(blocks[0]));
}
