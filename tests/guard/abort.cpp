// Aborts.
// says: aborted
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <cstdlib>

int twice(int)
{
    std::abort();
}
