// The allocation patterns alone, for bare figures, and for another allocator by LD_PRELOAD, which
// the hooks of main.cpp would pass over.
#include "patterns.hpp"
#include "run.hpp"

int main(int argc, char** argv)
{
    return bench::run(bench::patterns(), argc, argv);
}
