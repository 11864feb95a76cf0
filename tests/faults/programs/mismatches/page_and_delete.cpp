// A page from posix_memalign is deleted.
// expects: bad free

#include "program.hpp"

#include <cstdlib>

namespace faults::page_and_delete {

void program()
{
    void* page = nullptr;
    if (::posix_memalign(&page, 4096, 4096) != 0) return;
    ::operator delete(escape(page));
}

} // namespace faults::page_and_delete
