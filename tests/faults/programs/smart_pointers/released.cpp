// release() gives the pointer up, to somebody who only wanted to look at it.
// expects: leak

#include "program.hpp"

#include <memory>

namespace faults::released {

struct ticket
{
    int number = 0;
};

void print(const ticket* shown)
{
    static_cast<void>(escape(shown));
}

void program()
{
    auto bought = std::make_unique<ticket>();
    print(bought.release()); // get() was meant
}

} // namespace faults::released
