// A point is made by new and freed by free.
// expects: bad free

#include "program.hpp"

#include <cstdlib>

namespace faults::new_and_free {

struct point
{
    double x, y;
};

void program()
{
    auto* home = escape(new point{51.5, -0.1});
    std::free(home);
}

} // namespace faults::new_and_free
