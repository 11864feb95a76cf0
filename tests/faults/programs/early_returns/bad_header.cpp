// A message is copied and parsed; with a bad header the function returns at once.
// expects: leak

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::bad_header {

bool parse(const char* message)
{
    const std::size_t length = std::strlen(message) + 1;
    char* copy = static_cast<char*>(escape(std::malloc(length)));
    if (copy == nullptr) return false;
    std::memcpy(copy, message, length);
    if (copy[0] != '$') return false;
    std::free(copy);
    return true;
}

void program()
{
    for (const char* message : {"$GPGGA,123519", "GPGGA,123520", "$GPGGA,123521"}) parse(message);
}

} // namespace faults::bad_header
