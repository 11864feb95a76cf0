// The first output through stdout and stderr: the C library keeps buffers for the rest of the run.
// expects: nothing

#include "program.hpp"

#include <cstdio>

namespace faults::first_words_printed {

void program()
{
    std::printf("%s, %d and %.3f\n", "words", 42, 2.5);
    std::puts("more words");
    std::fprintf(stderr, "a word of warning\n");
    std::fflush(stdout);
}

} // namespace faults::first_words_printed
