// A string is made by placement new in a buffer that goes away without its destructor.
// expects: leak

#include "program.hpp"

#include <cstddef>
#include <new>
#include <string>

namespace faults::destructor_forgotten {

void program()
{
    alignas(std::string) std::byte room[sizeof(std::string)];
    auto* title = new (room) std::string(200, '=');
    static_cast<void>(escape(title));
}

} // namespace faults::destructor_forgotten
