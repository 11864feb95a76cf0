// Everybody has been told of the OOM killer, and few have met it on purpose: it takes a machine
// that one may lose. You have one: this exercise runs in a Linux kernel of its own with 48 MB of
// memory, which is gone when the tests are. Nothing on your machine notices.
//
// Be the process that everybody fears: take memory, more and more, until the kernel has no page
// left for anyone and ends you. There is nothing to handle: SIGKILL cannot be caught, and hog never
// returns. Two things can go wrong. The kernel may refuse a wish that is too large, and memory that
// is only promised costs nothing.
//
// TODO: make hog take memory until the OOM killer kills it. This first attempt asks for 1 GiB at
// once, gets null, and leaves.
//
// Read: man 5 proc (overcommit_memory, value 0), and exercise 3.1, virtual_vs_resident

#include "spec/until_killed.hpp"

#include <cstdlib>
#include <cstring>

void hog()
{
    constexpr std::size_t size = 1024 * 1024 * 1024;
    void* const block = std::malloc(size);
    if (block != nullptr) std::memset(block, 1, size);
    std::exit(1);
}
