// The answer, and nothing else.
// says: passes: 2 of 2 test cases
#include "spec/hostile.hpp"

int twice(int number)
{
    return 2 * number;
}
