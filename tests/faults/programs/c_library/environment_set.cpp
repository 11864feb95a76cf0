// A variable is set, changed and removed: glibc keeps the texts, so the change is declared.
// expects: nothing

#include "program.hpp"

#include <cstdlib>

namespace faults::environment_set {

void program()
{
    const not_counted texts;
    ::setenv("HEAPLINGS_FAULTS", "a value", 1);
    ::setenv("HEAPLINGS_FAULTS", "another, and a much longer value", 1);
    static_cast<void>(escape(std::getenv("HEAPLINGS_FAULTS")));
    ::unsetenv("HEAPLINGS_FAULTS");
}

} // namespace faults::environment_set
