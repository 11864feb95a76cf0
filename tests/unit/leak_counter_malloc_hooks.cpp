// The one source file of a test program that brings the operator new and malloc hooks.
#include <heaplings/leak_counter/malloc_hooks.hpp>
#include <heaplings/leak_counter/record_from_start.hpp>
