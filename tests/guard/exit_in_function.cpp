// Claims success by exit(0).
// says: ended early (exit status 0), before its tests were done
// says: while in "twice a number is the number added to itself"
#include "spec/hostile.hpp"

#include <cstdlib>

int twice(int)
{
    std::exit(0);
}
