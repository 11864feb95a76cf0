// Blanks are skipped by moving the pointer that is freed in the end.
// expects: bad free
// expects: leak

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::trimmed_and_freed {

void program()
{
    char* answer = escape(::strdup("    yes, and thank you for asking"));
    if (answer == nullptr) return;
    while (*answer == ' ') ++answer;
    std::free(escape(answer));
}

} // namespace faults::trimmed_and_freed
