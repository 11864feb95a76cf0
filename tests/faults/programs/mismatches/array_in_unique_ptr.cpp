// A unique_ptr<char> owns an array of char, and deletes it as one char.
// expects: bad free

#include "program.hpp"

#include <memory>

namespace faults::array_in_unique_ptr {

void program()
{
    const std::unique_ptr<char> buffer{escape(new char[512])};
    buffer.get()[0] = '\0';
}

} // namespace faults::array_in_unique_ptr
