// Regular expressions are made, searched and replaced with.
// expects: nothing

#include "program.hpp"

#include <regex>
#include <string>

namespace faults::searched_and_replaced {

void program()
{
    const std::regex setting{R"(([a-z]+)\s*=\s*("[^"]*"|\d+))"};
    const std::string text = "speed = 50; name=\"Ada\"; broken = ;";
    int found = 0;
    for (std::sregex_iterator at{text.begin(), text.end(), setting}, end; at != end; ++at) {
        found += static_cast<int>(at->str(1).size());
    }
    const std::string shown = std::regex_replace(text, setting, "$1: $2");
    try {
        const std::regex broken{"(unbalanced"};
    } catch (const std::regex_error&) {
        ++found;
    }
    static_cast<void>(escape(&found));
}

} // namespace faults::searched_and_replaced
