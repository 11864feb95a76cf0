// A ring buffer lies in a mapping behind a page for its header; its part for data is given to free.
// expects: bad free

#include "program.hpp"

#include <cstddef>
#include <cstdlib>
#include <sys/mman.h>

namespace faults::mapping_freed {

void program()
{
    constexpr std::size_t page = 4096;
    void* ring =
        ::mmap(nullptr, 17 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) return; // NOLINT
    char* data = static_cast<char*>(ring) + page;
    std::free(escape(data));
    ::munmap(ring, 17 * page);
}

} // namespace faults::mapping_freed
