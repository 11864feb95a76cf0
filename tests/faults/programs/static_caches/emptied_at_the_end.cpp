// A global table grows during the story and is emptied at its end.
// expects: nothing

#include "program.hpp"

#include <set>
#include <string>

namespace faults::emptied_at_the_end {

std::set<std::string> interned;

const std::string* intern(std::string text)
{
    return &*interned.insert(std::move(text)).first;
}

void program()
{
    for (std::size_t i = 0; i < 40; ++i) static_cast<void>(intern(std::string(20 + i % 10, 'i')));
    interned.clear();
}

} // namespace faults::emptied_at_the_end
