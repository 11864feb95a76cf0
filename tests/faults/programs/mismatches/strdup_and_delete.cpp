// A C library's copy of a string is deleted with delete[].
// expects: bad free

#include "program.hpp"

#include <cstring>

namespace faults::strdup_and_delete {

void program()
{
    char* host = escape(::strdup("www.example.org"));
    delete[] escape(host);
}

} // namespace faults::strdup_and_delete
