// A chat server keeps the messages that wait for a phone in one block, and when that is full it
// asks realloc for a larger one:
//
//     void* realloc(void* block, std::size_t size);
//
// One night the machine ran short of memory. The server could have gone on with the messages that
// it had. It lost all of them instead, and crashed at the next one: by then the only pointer to the
// block was gone. The week after, somebody announced a queue of 4,611,686,018,427,387,905 messages.
// The server asked for 4 bytes, got them, and wrote far beyond.
//
// FIXME: grow is right as long as all goes well. Make it right when there is no memory, for sizes
// that nobody can have, and for 0. What it owes its caller in each case is promised in
// spec/realloc_safely.hpp.
//
// Read: man 3 realloc (DESCRIPTION, RETURN VALUE; look for a size of 0, and for reallocarray)

#include "spec/realloc_safely.hpp"

#include <cstdlib>

bool grow(int*& block, std::size_t& count, std::size_t wanted)
{
    block = static_cast<int*>(std::realloc(block, wanted * sizeof(int)));
    count = wanted;
    return block != nullptr;
}
