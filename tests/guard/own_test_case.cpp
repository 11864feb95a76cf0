// A test case of the learner's own.
// says: your file uses doctest
// says without the gate: is no test case of this exercise
#include "spec/hostile.hpp"

#include <doctest/doctest.h>

int twice(int number)
{
    return 2 * number;
}

TEST_CASE("anything goes")
{
    CHECK(true);
}
