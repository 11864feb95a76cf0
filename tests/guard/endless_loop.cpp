// A loop that does not end. Stopped at 5 s of processor time, or, where others use the
// processors, at 10 s on the wall.
// says: does a loop not end?
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

int twice(int number)
{
    volatile bool going = true;
    while (going) {
    }
    return 2 * number;
}
