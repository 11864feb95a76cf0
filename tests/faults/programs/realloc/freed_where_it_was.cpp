// A block has moved in realloc, and its old address is freed.
// expects: bad free
// expects: leak

#include "program.hpp"

#include <cstdlib>

namespace faults::freed_where_it_was {

void program()
{
    char* samples = static_cast<char*>(escape(std::malloc(32)));
    void* neighbour = escape(std::malloc(32)); // in the way: the block can't grow in its place
    void* larger = escape(std::realloc(escape(samples), 1'000'000));
    std::free(escape(samples));
    std::free(neighbour);
    static_cast<void>(larger);
}

} // namespace faults::freed_where_it_was
