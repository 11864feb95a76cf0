// One thread hands a block to another: it frees it, and so does the first.
// expects: bad free

#include "program.hpp"

#include <cstdlib>
#include <thread>

namespace faults::freed_by_both_threads {

void program()
{
    void* order = escape(std::malloc(48));
    std::thread kitchen{[order] { std::free(escape(order)); }};
    kitchen.join();
    std::free(escape(order));
}

} // namespace faults::freed_by_both_threads
