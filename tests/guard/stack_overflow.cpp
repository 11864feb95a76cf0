// A function that calls itself without end.
// says: the stack overflowed
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

namespace {

int deeper(int number)
{
    volatile char room[1024] = {};
    return deeper(number + 1) + room[0];
}

} // namespace

int twice(int number)
{
    return deeper(number);
}
