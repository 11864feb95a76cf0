// Copies of strings are made to look at them once.
// expects: leak

#include "program.hpp"

#include <cstring>

namespace faults::strdup_forgotten {

void program()
{
    std::size_t letters = 0;
    for (const char* word : {"some", "words", "of", "a", "sentence"}) {
        const char* copy = escape(::strdup(word));
        letters += copy != nullptr ? std::strlen(copy) : 0;
    }
    static_cast<void>(escape(&letters));
}

} // namespace faults::strdup_forgotten
