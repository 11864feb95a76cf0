// What the programs of the self-check share. Each NAME.cpp is a namespace faults::NAME with a
// program() that returns when its story is over; its first lines say what it does and what a
// checker must find in it:
//     // expects: nothing | leak | bad free              (a line each, if it is both)
//     // run: each allocation failing                    (if it takes that to see it)
#pragma once

#ifdef HEAPLINGS_FAULTS_COUNTED
#include <heaplings/leak_counter.hpp>
#endif

namespace faults {

// The same pointer, as if it came from far away: compilers keep the allocation and know nothing
// about the block that they could warn of.
template <typename T>
[[nodiscard]] T* escape(T* pointer)
{
    asm volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

// While it lives, what this thread allocates is declared to stay: a cache, a singleton. Only the
// leak counter asks for that; the others do not count what is still reachable.
#ifdef HEAPLINGS_FAULTS_COUNTED
using not_counted = heaplings::not_counted;
#else
struct not_counted
{
    not_counted() {}
    ~not_counted() {}
};
#endif

} // namespace faults
