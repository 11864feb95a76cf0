// getline makes the buffer it reads into, and the caller does not free it.
// expects: leak

#include "program.hpp"

#include <cstdio>

namespace faults::getline_buffer_left {

void program()
{
    char text[] = "one\ntwo\nthree\n";
    std::FILE* file = ::fmemopen(text, sizeof text - 1, "r");
    if (file == nullptr) return;
    char* line = nullptr;
    std::size_t capacity = 0;
    while (::getline(&line, &capacity, file) > 0) static_cast<void>(escape(line));
    std::fclose(file);
}

} // namespace faults::getline_buffer_left
