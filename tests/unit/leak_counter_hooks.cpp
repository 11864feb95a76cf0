// The one source file of a test program that brings the operator new hooks.
#include <heaplings/leak_counter/hooks.hpp>
#include <heaplings/leak_counter/record_from_start.hpp>
