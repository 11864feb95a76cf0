// Nodes lie one behind the other in a slab; one of them is deleted like a node of its own.
// expects: bad free

#include "program.hpp"

#include <new>

namespace faults::part_of_a_slab_deleted {

struct node
{
    int key = 0;
    node* next = nullptr;
};

void program()
{
    auto* slab = static_cast<node*>(escape(::operator new(8 * sizeof(node))));
    for (int i = 0; i < 8; ++i) new (slab + i) node{i};
    delete escape(slab + 3);
    ::operator delete(slab);
}

} // namespace faults::part_of_a_slab_deleted
