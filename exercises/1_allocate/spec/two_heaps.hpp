#pragma once

// The system call by which malloc got the memory of a block.
enum class origin {
    brk,  // the program break was moved: the heap behind the program's static data
    mmap, // a new mapping, for this one block or for many
    none, // neither: malloc did not hand this address out
};

// Where does the memory of `block` come from?
//
// `block` is a live block of malloc, null, or the address of a static variable of the program or
// of a local variable of the main thread.
origin origin_of(const void* block);
