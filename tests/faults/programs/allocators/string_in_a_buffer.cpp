// A buffer resource holds an object that owns memory of its own; the buffer goes, it does not.
// expects: leak

#include "program.hpp"

#include <memory_resource>
#include <string>

namespace faults::string_in_a_buffer {

struct request
{
    std::string address; // of the ordinary heap
    int attempts = 0;
};

void program()
{
    std::pmr::monotonic_buffer_resource buffer;
    std::pmr::polymorphic_allocator<> make{&buffer};
    for (int i = 0; i < 3; ++i) {
        auto* pending = make.new_object<request>(std::string(120, '/'), i);
        static_cast<void>(escape(pending));
    }
}

} // namespace faults::string_in_a_buffer
