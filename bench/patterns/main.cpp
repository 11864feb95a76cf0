// The allocation patterns, with what they allocate counted and checked.
#include "patterns.hpp"
#include "run.hpp"

#include <heaplings/leak_counter/malloc_hooks.hpp>

int main(int argc, char** argv)
{
    return bench::check_and_run(bench::patterns(), argc, argv);
}
