// An object that placement new made in a buffer on the stack is deleted.
// expects: bad free

#include "program.hpp"

#include <new>

namespace faults::deleted_on_the_stack {

struct event
{
    int kind = 0;
    long when = 0;
};

void program()
{
    alignas(event) unsigned char room[sizeof(event)];
    auto* happened = new (room) event{3, 1'700'000'000};
    delete escape(happened);
}

} // namespace faults::deleted_on_the_stack
