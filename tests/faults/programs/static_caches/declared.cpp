// A cache in a static variable stays for good, and is declared to stay.
// expects: nothing

#include "program.hpp"

#include <map>
#include <string>

namespace faults::declared {

const std::string& name_of(int month)
{
    const not_counted cache;
    static auto* const names = new std::map<int, std::string>;
    return names->try_emplace(month, "the name of a month, in a language that likes long ones")
        .first->second;
}

void program()
{
    for (int month = 1; month <= 12; ++month) static_cast<void>(escape(&name_of(month)));
}

} // namespace faults::declared
