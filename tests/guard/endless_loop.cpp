// A loop that does not end.
// says: stopped after 5 s of processor time
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

int twice(int number)
{
    volatile bool going = true;
    while (going) {
    }
    return 2 * number;
}
