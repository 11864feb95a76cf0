// A table in a static pointer stays for good, and nobody says so.
// expects: leak

#include "program.hpp"

#include <string>
#include <vector>

namespace faults::undeclared {

std::vector<std::string>* history = nullptr;

void remember(const char* command)
{
    if (history == nullptr) history = escape(new std::vector<std::string>);
    history->emplace_back(command);
}

void program()
{
    for (const char* command : {"open the door", "go through the door and down the stairs"}) {
        remember(command);
    }
}

} // namespace faults::undeclared
