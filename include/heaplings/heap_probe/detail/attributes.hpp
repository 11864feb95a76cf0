// Attributes that one compiler knows and the other warns of.
#pragma once

// The function takes the n-th argument, a pointer, for an address and does not read what is there.
// GCC would otherwise warn that a block fresh from malloc is passed uninitialised.
#if defined(__has_cpp_attribute) && __has_cpp_attribute(gnu::access)
#define HEAPLINGS_ADDRESS_ONLY(n) [[gnu::access(none, n)]]
#else
#define HEAPLINGS_ADDRESS_ONLY(n)
#endif
