// An object is deleted as its second base, which is not virtual and lies in its middle.
// expects: bad free
// expects: leak

#include "program.hpp"

namespace faults::second_base_not_virtual {

struct position
{
    double x = 0, y = 0;
};
struct velocity
{
    double dx = 0, dy = 0;
};
struct ball : position, velocity
{
};

void program()
{
    velocity* thrown = escape(new ball);
    delete escape(thrown);
}

} // namespace faults::second_base_not_virtual
