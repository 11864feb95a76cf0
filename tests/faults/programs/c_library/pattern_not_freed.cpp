// A regular expression is compiled for each line, and never freed.
// expects: leak

#include "program.hpp"

#include <regex.h>

namespace faults::pattern_not_freed {

void program()
{
    int matches = 0;
    for (const char* line : {"speed=50", "# speed"}) {
        regex_t pattern;
        if (::regcomp(&pattern, "^[a-z]+=", REG_EXTENDED | REG_NOSUB) != 0) continue;
        if (::regexec(&pattern, line, 0, nullptr, 0) == 0) ++matches;
    }
    static_cast<void>(escape(&matches));
}

} // namespace faults::pattern_not_freed
