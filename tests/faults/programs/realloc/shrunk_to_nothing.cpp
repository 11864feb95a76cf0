// realloc in all its ways: from null, larger, smaller, to 0 bytes, which with glibc frees.
// expects: nothing

#include "program.hpp"

#include <cstdlib>

namespace faults::shrunk_to_nothing {

void program()
{
    void* queue = escape(std::realloc(nullptr, 100));
    for (const std::size_t size : {200'000U, 10U, 3'000'000U, 4'000'000U, 50U}) {
        void* resized = escape(std::realloc(queue, size));
        if (resized != nullptr) queue = resized;
    }
    queue = escape(std::realloc(queue, 0));
    std::free(queue);
}

} // namespace faults::shrunk_to_nothing
