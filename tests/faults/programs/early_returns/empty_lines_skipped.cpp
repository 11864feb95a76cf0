// A loop copies lines and goes on to the next one too early when a line is empty.
// expects: leak

#include "program.hpp"

#include <cstring>

namespace faults::empty_lines_skipped {

void program()
{
    int letters = 0;
    for (const char* line : {"first", "", "third"}) {
        char* copy = escape(new char[80]);
        std::strcpy(copy, line);
        if (*copy == '\0') continue;
        letters += static_cast<int>(std::strlen(copy));
        delete[] copy;
    }
    static_cast<void>(escape(&letters));
}

} // namespace faults::empty_lines_skipped
