// An array of strings is deleted without brackets: new[] returned a pointer past its count.
// expects: bad free
// expects: leak

#include "program.hpp"

#include <string>

namespace faults::strings_and_delete {

void program()
{
    auto* names = escape(new std::string[3]{"Ada", "Bob", "Eve"});
    delete escape(names);
}

} // namespace faults::strings_and_delete
