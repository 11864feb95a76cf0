// A short name is kept in a buffer on the stack, a long one in a block; both are freed.
// expects: bad free

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::stack_freed {

void greet(const char* name)
{
    char small[16];
    char* copy = small;
    if (std::strlen(name) >= sizeof small) {
        copy = static_cast<char*>(std::malloc(std::strlen(name) + 1));
        if (copy == nullptr) return;
    }
    std::strcpy(copy, name);
    std::free(escape(copy));
}

void program()
{
    greet("Grace Brewster Murray Hopper");
    greet("Grace");
}

} // namespace faults::stack_freed
