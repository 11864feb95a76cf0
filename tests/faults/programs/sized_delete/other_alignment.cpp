// A block is deleted with another alignment than it was asked for with.
// expects: bad free

#include "program.hpp"

#include <new>

namespace faults::other_alignment {

void program()
{
    void* page = escape(::operator new (8192, std::align_val_t{4096}));
    ::operator delete (escape(page), std::align_val_t{64});
}

} // namespace faults::other_alignment
