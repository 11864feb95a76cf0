// Closes all descriptors, as a daemon does. What its tests found can no longer be told.
// says: ended early (exit status 0), before its tests were done
#include "spec/hostile.hpp"

#include <unistd.h>

int twice(int number)
{
    for (int each = 0; each < 1024; ++each) close(each);
    return 2 * number;
}
