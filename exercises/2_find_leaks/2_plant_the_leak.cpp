// A customs officer trains her dog with parcels that she has packed herself: only who knows what is
// inside can tell whether the dog found it. Your dog is called Valgrind, and you pack the parcels.
//
// Valgrind stands in for malloc and free, and when the program ends it searches all memory that is
// still in use for pointers. A block that was not freed and to which no pointer is left is
// "definitely lost". A block that some variable still points to is "still reachable", and one to
// which only a lost block points is "indirectly lost". The spec lets the real Valgrind watch a
// program that calls your function, and reads what it found.
//
// TODO: plant loses one block, of the wrong size. Make it lose so many of that size, each on its
// own.
//
// Read: man 3 malloc, man 1 valgrind (--show-leak-kinds)

#include "spec/plant_the_leak.hpp"

#include <cstdlib>

void plant(std::size_t, std::size_t)
{
    [[maybe_unused]] const void* const parcel = std::malloc(1);
}
