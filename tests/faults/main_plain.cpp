// Runs one program and nothing else; Valgrind or a sanitizer, which this is built with or not,
// tells what it thinks at the end of the process.   faults.FORM NAME
#include "registry.hpp"

#include <cstring>

namespace {

// A pointer that a dead stack frame left behind would make a lost block look reachable.
[[gnu::noinline]] void wipe_dead_frames()
{
    char frames[16 * 1024];
    std::memset(frames, 0, sizeof frames);
    asm volatile("" : : "r"(&frames[0]) : "memory");
}

} // namespace

int main(int argc, char** argv)
{
    void (*volatile run)() = faults::program_named(argc == 2 ? argv[1] : "");
    run();
    wipe_dead_frames();
    return 0;
}
