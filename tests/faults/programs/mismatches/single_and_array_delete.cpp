// A single counter is deleted with brackets.
// expects: bad free

#include "program.hpp"

namespace faults::single_and_array_delete {

void program()
{
    long* visits = escape(new long{0});
    delete[] escape(visits);
}

} // namespace faults::single_and_array_delete
