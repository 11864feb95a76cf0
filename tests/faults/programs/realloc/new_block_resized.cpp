// A block of new[] is resized by realloc, which only knows what malloc gave.
// expects: bad free

#include "program.hpp"

#include <cstdlib>

namespace faults::new_block_resized {

void program()
{
    int* scores = escape(new int[10]{});
    void* larger = std::realloc(escape(scores), 40 * sizeof(int));
    std::free(escape(larger));
}

} // namespace faults::new_block_resized
