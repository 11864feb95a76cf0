// A block that a scope found left behind.
#pragma once

#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/units.hpp>

#include <span>

namespace heaplings {

// A block that was allocated in a scope and is live.
struct leaked_block
{
    const void* address;
    bytes size; // as requested
    allocation_kind kind;
    // Return addresses, the innermost first: of the caller of the allocation function, of its
    // caller. Up to 16; none if the scope captures no call stacks. Valid until the process ends.
    std::span<const void* const> stack;
};

} // namespace heaplings
