// The program whose cases stand in leak_counter_doctest_cases.cpp.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <heaplings/leak_counter/doctest.hpp>
