// strsep moves a pointer through a copy of a string, whose start is kept and freed.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::split_with_a_second_pointer {

void program()
{
    char* const copy = escape(::strdup("red,green,blue"));
    char* rest = copy;
    int colours = 0;
    while (const char* colour = ::strsep(&rest, ",")) colours += *colour != '\0' ? 1 : 0;
    std::free(copy);
    static_cast<void>(escape(&colours));
}

} // namespace faults::split_with_a_second_pointer
