// realloc's result is looked at before the old pointer is given up.
// expects: nothing
// run: each allocation failing

#include "program.hpp"

#include <cstdlib>

namespace faults::old_pointer_kept {

void program()
{
    std::size_t capacity = 16;
    char* line = static_cast<char*>(std::malloc(capacity));
    while (line != nullptr && capacity < 1024) {
        void* larger = escape(std::realloc(line, capacity * 2));
        if (larger == nullptr) break;
        line = static_cast<char*>(larger);
        capacity *= 2;
    }
    std::free(line);
}

} // namespace faults::old_pointer_kept
