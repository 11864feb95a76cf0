// The five lines of the README: each case fails on its own leaks.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <heaplings/leak_counter/doctest.hpp>

#include "guest_list.hpp"

TEST_CASE("guests are added and go with their list")
{
    guest_list guests;
    guests.add("a name too long to lie in the string itself");
    guests.add("Ada");
    SUBCASE("none more") {}
    SUBCASE("one more")
    {
        guests.add("Grace");
    }
}
