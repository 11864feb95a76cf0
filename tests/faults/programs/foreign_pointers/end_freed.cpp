// A writer fills a buffer and frees the position behind what it wrote last.
// expects: bad free
// expects: leak

#include "program.hpp"

#include <cstdlib>

namespace faults::end_freed {

void program()
{
    char* at = static_cast<char*>(escape(std::malloc(256)));
    if (at == nullptr) return;
    for (int i = 0; i < 256; ++i) *at++ = ' ';
    std::free(escape(at));
}

} // namespace faults::end_freed
