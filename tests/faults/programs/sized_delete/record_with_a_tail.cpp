// A record has a tail of as many bytes as its name needs; delete takes it for a record without one.
// expects: bad free

#include "program.hpp"

#include <cstring>
#include <new>

namespace faults::record_with_a_tail {

struct record
{
    std::size_t length;

    char* name() { return static_cast<char*>(static_cast<void*>(this + 1)); }
};

void program()
{
    constexpr char name[] = "Hedy Lamarr";
    void* room = ::operator new(sizeof(record) + sizeof name);
    auto* entry = new (room) record{sizeof name};
    std::memcpy(entry->name(), name, sizeof name);
    delete escape(entry);
}

} // namespace faults::record_with_a_tail
