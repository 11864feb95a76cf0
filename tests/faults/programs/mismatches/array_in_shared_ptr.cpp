// A shared_ptr<int> owns an array, and deletes it as one int.
// expects: bad free

#include "program.hpp"

#include <memory>

namespace faults::array_in_shared_ptr {

void program()
{
    const std::shared_ptr<int> frame{escape(new int[640])};
    const std::shared_ptr<int> shown = frame;
}

} // namespace faults::array_in_shared_ptr
