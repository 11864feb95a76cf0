#include "hostile.hpp"

#include <doctest/doctest.h>

TEST_CASE("twice a number is the number added to itself")
{
    CHECK(twice(2) == 4);
    CHECK(twice(21) == 42);
}

TEST_CASE("twice a negative number is negative")
{
    CHECK(twice(-3) == -6);
}
