// A wrong answer, and a test case of the learner's own that passes under the name of one that
// fails.
// says: your file uses doctest
// says without the gate: is no test case of this exercise
#include "spec/hostile.hpp"

#include <doctest/doctest.h>

int twice(int number)
{
    return number;
}

TEST_CASE("twice a number is the number added to itself")
{
    CHECK(true);
}
