// A block of a cache line's alignment is deleted without saying so.
// expects: bad free

#include "program.hpp"

#include <new>

namespace faults::alignment_forgotten {

void program()
{
    void* slot = escape(::operator new (256, std::align_val_t{64}));
    ::operator delete(escape(slot));
}

} // namespace faults::alignment_forgotten
