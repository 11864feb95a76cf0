// A loop that does not end, in a static initialiser: main is never reached.
// says: stopped after 5 s of processor time
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
