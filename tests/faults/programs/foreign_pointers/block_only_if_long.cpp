// A short name is kept in a buffer on the stack, a long one in a block, which alone is freed.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::block_only_if_long {

void greet(const char* name)
{
    char small[16];
    char* copy = small;
    if (std::strlen(name) >= sizeof small) {
        copy = static_cast<char*>(std::malloc(std::strlen(name) + 1));
        if (copy == nullptr) return;
    }
    std::strcpy(copy, name);
    char* const used = escape(copy);
    if (used != small) std::free(used);
}

void program()
{
    greet("Grace Brewster Murray Hopper");
    greet("Grace");
}

} // namespace faults::block_only_if_long
