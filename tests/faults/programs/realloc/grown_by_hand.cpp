// A buffer grows by hand, with malloc and memcpy; nobody frees the smaller one.
// expects: leak

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::grown_by_hand {

void program()
{
    std::size_t capacity = 8;
    char* log = static_cast<char*>(escape(std::calloc(capacity, 1)));
    while (log != nullptr && capacity < 128) {
        char* larger = static_cast<char*>(escape(std::calloc(capacity * 2, 1)));
        if (larger == nullptr) break;
        std::memcpy(larger, log, capacity);
        log = larger;
        capacity *= 2;
    }
    std::free(log);
}

} // namespace faults::grown_by_hand
