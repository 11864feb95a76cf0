// A train of wagons in a list: only the engine is deleted.
// expects: leak

#include "program.hpp"

namespace faults::train_uncoupled {

struct wagon
{
    int number;
    wagon* next = nullptr;
};

void program()
{
    auto* engine = escape(new wagon{0});
    wagon* last = engine;
    for (int number = 1; number < 5; ++number) {
        last->next = escape(new wagon{number});
        last = last->next;
    }
    delete engine;
}

} // namespace faults::train_uncoupled
