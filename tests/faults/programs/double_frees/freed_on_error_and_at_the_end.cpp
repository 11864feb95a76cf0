// The error path frees the buffer and goes on to the end, where it is freed again.
// expects: bad free

#include "program.hpp"

#include <cstdlib>

namespace faults::freed_on_error_and_at_the_end {

bool send(const char* text)
{
    return text[0] != '\0';
}

void program()
{
    void* packet = escape(std::malloc(1500));
    const bool sent = send("");
    if (!sent) std::free(escape(packet));
    std::free(escape(packet));
}

} // namespace faults::freed_on_error_and_at_the_end
