#pragma once

#include <cstddef>
#include <cstdint>

enum class growth { up, down, mixed, unknown };

// The direction of n addresses, which stand in the order in which their memory was obtained. Each
// address is compared with the one before it:
//   up       at least one is higher, none is lower
//   down     at least one is lower, none is higher
//   mixed    at least one is higher and at least one is lower
//   unknown  none is higher or lower; so too if there are no two addresses to compare
// An address equal to the one before it says nothing.
growth which_way(const std::uintptr_t* addresses, std::size_t n);
