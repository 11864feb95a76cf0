// A block of malloc is deleted as if new had made it.
// expects: bad free

#include "program.hpp"

#include <cstdlib>

namespace faults::malloc_and_delete {

struct settings
{
    int volume, brightness;
};

void program()
{
    auto* loaded = static_cast<settings*>(escape(std::calloc(1, sizeof(settings))));
    delete escape(loaded);
}

} // namespace faults::malloc_and_delete
