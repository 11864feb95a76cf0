// An array of numbers is deleted without brackets.
// expects: bad free

#include "program.hpp"

namespace faults::array_and_delete {

void program()
{
    int* lottery = escape(new int[6]{4, 8, 15, 16, 23, 42});
    delete escape(lottery);
}

} // namespace faults::array_and_delete
