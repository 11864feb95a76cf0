// A thread ends in the middle of its work, and its buffer stays behind.
// expects: leak

#include "program.hpp"

#include <cstdlib>
#include <pthread.h>

namespace faults::left_by_pthread_exit {

[[gnu::noinline]] void check(int line)
{
    if (line == 3) ::pthread_exit(nullptr);
}

void* read_lines(void*)
{
    void* buffer = escape(std::malloc(4096));
    for (int line = 0; line < 5; ++line) check(line);
    std::free(buffer);
    return nullptr;
}

void program()
{
    pthread_t reader;
    if (::pthread_create(&reader, nullptr, read_lines, nullptr) != 0) return;
    ::pthread_join(reader, nullptr);
}

} // namespace faults::left_by_pthread_exit
