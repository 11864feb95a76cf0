// A reader that has moved on in its buffer asks realloc for more from where it stands.
// expects: bad free
// expects: leak

#include "program.hpp"

#include <cstdlib>

namespace faults::resized_from_inside {

void program()
{
    char* buffer = static_cast<char*>(escape(std::malloc(64)));
    if (buffer == nullptr) return;
    char* at = buffer + 16; // behind the header, which was read
    void* larger = std::realloc(escape(at), 128);
    static_cast<void>(escape(larger));
}

} // namespace faults::resized_from_inside
