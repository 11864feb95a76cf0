// A photo service obtains a block for each picture, writes to it, frees it, and obtains the next.
// After the first picture of 20 MB the process shrinks by 20 MB. After the second, of the same
// size, it does not. After each panorama of 40 MB it shrinks, every time. Same code, same free.
//
// For a large block malloc makes a mapping of its own (mmap), and free removes it (munmap): its
// pages are back with the kernel at once. But two system calls and new pages each time are slow,
// so malloc learns from what is freed which sizes a program needs for a short time only.
//
// TODO: make goes_back tell whether free gives a block back at once; its promise is in
// spec/big_goes_back.hpp. This first guess is right for the first block of a process, and for no
// other. The rule is in the manual; an experiment finds it as well.
//
// Read: man 3 mallopt (M_MMAP_THRESHOLD, all of it), and exercise 1.5, two_heaps

#include "spec/big_goes_back.hpp"

bool goes_back(std::size_t bytes, std::size_t freed_before)
{
    return freed_before == 0 && bytes >= 128 * 1024;
}
