// A message is copied and parsed; every way out of the function goes by the same free.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <cstring>

namespace faults::one_way_out {

bool parse(const char* message)
{
    const std::size_t length = std::strlen(message) + 1;
    char* copy = static_cast<char*>(escape(std::malloc(length)));
    bool valid = false;
    if (copy == nullptr) goto done;
    std::memcpy(copy, message, length);
    if (copy[0] != '$') goto done;
    valid = true;
done:
    std::free(copy);
    return valid;
}

void program()
{
    for (const char* message : {"$GPGGA,123519", "GPGGA,123520", "$GPGGA,123521"}) parse(message);
}

} // namespace faults::one_way_out
