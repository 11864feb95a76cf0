// A loop that does not end, in a static initialiser: main is never reached. Stopped at 5 s of
// processor time, or, where others use the processors, at 10 s on the wall.
// says: does a loop not end?
// says: before the first test case had started
#include "spec/hostile.hpp"

namespace {

int wait_for_ever()
{
    volatile bool going = true;
    while (going) {
    }
    return 2;
}

const int factor = wait_for_ever();

} // namespace

int twice(int number)
{
    return factor * number;
}
