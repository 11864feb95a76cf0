// Objects are made by placement new in a buffer on the stack, and destroyed there.
// expects: nothing

#include "program.hpp"

#include <cstddef>
#include <memory>
#include <new>
#include <string>

namespace faults::objects_on_the_stack {

void program()
{
    alignas(std::string) std::byte room[3 * sizeof(std::string)];
    std::string* made[3];
    for (std::size_t i = 0; i < 3; ++i) {
        made[i] = new (room + i * sizeof(std::string)) std::string(100 * (i + 1), '#');
    }
    for (std::string* text : made) std::destroy_at(escape(text));
}

} // namespace faults::objects_on_the_stack
