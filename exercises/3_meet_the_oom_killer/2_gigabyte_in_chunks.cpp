// A test farm of small machines, 64 MB each. One program asks malloc for 1 GiB at once, gets null
// and says so. Another one asks for 1 GiB in blocks of 1 MiB, gets all of them, and runs. A third
// asks in blocks of 4 KiB and is killed. None of them ever writes to its blocks, or frees one; each
// new address overwrites the last, in one and the same pointer.
//
// The kernel looks at each wish alone, and refuses what is larger than all of the machine's memory.
// What it granted costs nothing until it is touched. But who says that nobody touches it? malloc
// keeps the size of each block in front of it.
//
// TODO: make both functions tell what happens; they are promised in spec/gigabyte_in_chunks.hpp.
// This first attempt believes that memory which nobody uses needs no memory, and that wishes are
// added up. You may try it out: RssAnon in /proc/self/status tells, and
// `./heaplings kernel --memory 64M -- path/to/your_program` runs it where it can do no harm.
//
// Read: man 5 proc (overcommit_memory), man 3 mallopt (M_MMAP_THRESHOLD), and exercise 1.3

#include "spec/gigabyte_in_chunks.hpp"

std::size_t resident_growth(std::size_t, std::size_t)
{
    return 0;
}

fate fate_of_requests(std::size_t total, std::size_t, std::size_t memory)
{
    return total > memory ? fate::refused : fate::granted;
}
