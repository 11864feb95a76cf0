// A pool's first object is a global one, and is deleted like the others.
// expects: bad free

#include "program.hpp"

namespace faults::global_deleted {

struct worker
{
    int number = 0;
};

worker main_worker; // there from the start

void program()
{
    worker* pool[] = {&main_worker, escape(new worker{1}), escape(new worker{2})};
    for (worker* one : pool) delete escape(one);
}

} // namespace faults::global_deleted
