// A packet is deleted through a pointer to its header, which is smaller.
// expects: bad free

#include "program.hpp"

namespace faults::deleted_as_header {

struct header
{
    int kind = 0;
};

struct packet : header // trivial to destroy, and nothing virtual
{
    char payload[60]{};
};

void program()
{
    header* received = escape(new packet);
    delete escape(received);
}

} // namespace faults::deleted_as_header
