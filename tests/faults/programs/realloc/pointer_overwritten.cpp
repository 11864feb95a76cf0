// realloc's result is assigned to the only pointer: if there is no memory, the old block is lost.
// expects: leak
// run: each allocation failing

#include "program.hpp"

#include <cstdlib>

namespace faults::pointer_overwritten {

void program()
{
    std::size_t capacity = 16;
    char* line = static_cast<char*>(std::malloc(capacity));
    while (line != nullptr && capacity < 1024) {
        capacity *= 2;
        line = static_cast<char*>(escape(std::realloc(line, capacity)));
    }
    std::free(line);
}

} // namespace faults::pointer_overwritten
