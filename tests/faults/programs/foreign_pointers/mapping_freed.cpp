// A file is mapped by mmap and given back by free.
// expects: bad free

#include "program.hpp"

#include <cstdlib>
#include <sys/mman.h>

namespace faults::mapping_freed {

void program()
{
    void* ring = ::mmap(nullptr, 64 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);
    if (ring == MAP_FAILED) return; // NOLINT
    std::free(escape(ring));
    ::munmap(ring, 64 * 1024);
}

} // namespace faults::mapping_freed
