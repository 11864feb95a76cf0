#pragma once

// The regions of a program's address space.
enum class region {
    text,    // the program's machine code
    rodata,  // what the program may only read: string literals, constants
    data,    // static variables that start with a value
    bss,     // static variables that start at zero
    heap,    // what the program break has added: small blocks of malloc
    mmap,    // every other mapping: large blocks, files, shared libraries, stacks of other threads
    stack,   // the stack of the main thread
    unknown, // nothing is mapped there
};

// The region in which `address` lies at this moment.
//
// A shared library has code, constants and variables too: all of them count as mmap, for the
// loader brings libraries in with mmap.
region region_of(const void* address);
