// A memory resource is given a block back with another size than it was asked for.
// expects: bad free

#include "program.hpp"

#include <memory_resource>

namespace faults::resource_told_less {

void program()
{
    std::pmr::memory_resource* heap = std::pmr::new_delete_resource();
    void* table = escape(heap->allocate(96, 8));
    heap->deallocate(table, 69, 8);
}

} // namespace faults::resource_told_less
