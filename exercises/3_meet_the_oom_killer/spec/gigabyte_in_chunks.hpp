#pragma once

#include <cstddef>

// A fresh program of this machine obtains `total` bytes from malloc in blocks of `block` bytes,
// uses none of them and frees none. By how many bytes does its resident memory grow? Right within a
// tenth and 512 KiB. `block` is 16 or more, and `total` a multiple of it, or nearly.
std::size_t resident_growth(std::size_t total, std::size_t block);

enum class fate {
    granted, // malloc never returned null, and the program lives
    refused, // malloc returned null
    killed,  // the OOM killer killed the program before it had all of its blocks
};

// What becomes of such a program on a machine with `memory` bytes of memory, no swap, and the usual
// overcommit (vm.overcommit_memory 0)? It is not asked about close calls: where the program would
// need most of the memory, and the rest of the machine decides.
fate fate_of_requests(std::size_t total, std::size_t block, std::size_t memory);
