// getline makes the buffer it reads into, also at the end of the file; the caller frees it.
// expects: nothing

#include "program.hpp"

#include <cstdio>
#include <cstdlib>

namespace faults::getline_buffer_freed {

void program()
{
    char text[] = "one\ntwo\nthree\n";
    std::FILE* file = ::fmemopen(text, sizeof text - 1, "r");
    if (file == nullptr) return;
    char* line = nullptr;
    std::size_t capacity = 0;
    while (::getline(&line, &capacity, file) > 0) static_cast<void>(escape(line));
    std::free(line);
    std::fclose(file);
}

} // namespace faults::getline_buffer_freed
