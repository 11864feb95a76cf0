// A buffer resource holds an object that owns memory of its own; the buffer goes, it does not.
// expects: leak

#include "program.hpp"

#include <memory_resource>
#include <string>

namespace faults::string_in_a_buffer {

struct request
{
    explicit request(std::size_t length) : address(length, '/') {}

    std::string address; // of the ordinary heap
};

void program()
{
    std::pmr::monotonic_buffer_resource buffer;
    std::pmr::polymorphic_allocator<> make{&buffer};
    for (std::size_t i = 0; i < 3; ++i) {
        auto* pending = make.new_object<request>(100 + i);
        static_cast<void>(escape(pending));
    }
}

} // namespace faults::string_in_a_buffer
