// An object that placement new made in a block of malloc is deleted, instead of destroyed and
// freed.
// expects: bad free

#include "program.hpp"

#include <cstdlib>
#include <new>

namespace faults::deleted_in_a_block_of_malloc {

struct event
{
    int kind = 0;
    long when = 0;
};

void program()
{
    void* room = escape(std::malloc(sizeof(event)));
    if (room == nullptr) return;
    auto* happened = new (room) event{3, 1'700'000'000};
    delete escape(happened);
}

} // namespace faults::deleted_in_a_block_of_malloc
