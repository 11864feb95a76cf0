// A record with a tail of bytes destroys itself and tells operator delete its whole size.
// expects: nothing

#include "program.hpp"

#include <cstring>
#include <new>

namespace faults::record_that_knows_its_tail {

struct record
{
    std::size_t length;

    char* name() { return static_cast<char*>(static_cast<void*>(this + 1)); }
    void operator delete(record* entry, std::destroying_delete_t)
    {
        const std::size_t size = sizeof(record) + entry->length;
        entry->~record();
        ::operator delete(entry, size);
    }
};

void program()
{
    constexpr char name[] = "Hedy Lamarr";
    void* room = ::operator new(sizeof(record) + sizeof name);
    auto* entry = new (room) record{sizeof name};
    std::memcpy(entry->name(), name, sizeof name);
    delete escape(entry);
}

} // namespace faults::record_that_knows_its_tail
