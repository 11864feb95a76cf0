// The third element of an array throws in its constructor: the first two and the block go back.
// expects: nothing

#include "program.hpp"

#include <stdexcept>
#include <string>

namespace faults::third_element_throws {

class seat
{
public:
    seat() : label_{"a seat somewhere at the very back of the hall"}
    {
        if (++taken == 3) throw std::runtime_error{"sold out"};
    }
    ~seat() { --taken; }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;

private:
    inline static int taken = 0;
    std::string label_;
};

void program()
{
    try {
        seat* row = escape(new seat[5]);
        delete[] row;
    } catch (const std::runtime_error&) {
        // no row then
    }
}

} // namespace faults::third_element_throws
