#pragma once

#include <cstddef>

// Gives `block`, which has room for `count` ints, room for `wanted` ints: no more and no fewer.
//
// Returns true if that was done: `block` leads to a block of malloc's of exactly that size, perhaps
// at another address, `count` is `wanted`, and the first ints, as many as fit in both, have kept
// their values. Returns false if there is no memory: `block`, `count` and all ints are as before.
//
// A null `block` has a `count` of 0, and the other way round:
// - Growing from null obtains the first block.
// - For a `wanted` of 0 the block is freed and becomes null. That asks for no memory, so that it is
//   always done, for a null block as well.
//
// If the size in bytes is beyond what a std::size_t can hold, no memory is asked for: false.
bool grow(int*& block, std::size_t& count, std::size_t wanted);
