// The spec of exercise 2, plant_the_leak. Valgrind watches one program, which calls plant several
// times; the stack of each leak tells from which call it comes.
#include "spec/plant_the_leak.hpp"

#include "support/valgrind_run.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// The calls, each from a function of its own, by whose name its leaks are told apart.
[[gnu::noinline]] static void plants_one_parcel()
{
    plant(1, 1500);
}
[[gnu::noinline]] static void plants_five_letters()
{
    plant(5, 40);
}
[[gnu::noinline]] static void plants_a_thousand_stamps()
{
    plant(1000, 3);
}
[[gnu::noinline]] static void plants_nothing()
{
    plant(0, 24);
}

extern "C" int heaplings_probe(int, char**)
{
    plants_one_parcel();
    plants_five_letters();
    plants_a_thousand_stamps();
    plants_nothing();
    return 0;
}

namespace {

// What Valgrind found: one run serves all cases.
const std::vector<support::leak>& leaks()
{
    static const std::vector<support::leak> found = support::leaks_of_probe();
    return found;
}

struct loss
{
    std::size_t definite_blocks = 0;
    std::size_t definite_bytes = 0;
    std::size_t other_blocks = 0;
    std::string report; // of Valgrind, on these leaks
};

loss lost_by(std::string_view caller)
{
    loss all;
    std::ostringstream report;
    for (const support::leak& lost : leaks()) {
        if (!lost.comes_through(caller)) continue;
        if (lost.kind == "Leak_DefinitelyLost") {
            all.definite_blocks += lost.blocks;
            all.definite_bytes += lost.bytes;
        } else {
            all.other_blocks += lost.blocks;
        }
        report << lost << "; ";
    }
    all.report = report.str();
    return all;
}

void check_lost(std::string_view caller, std::size_t blocks, std::size_t bytes)
{
    const loss lost = lost_by(caller);
    INFO("plant(", blocks, ", ", bytes, "): Valgrind found: ", lost.report);
    CHECK(lost.definite_blocks == blocks);
    CHECK(lost.definite_bytes == blocks * bytes);
    CHECK(lost.other_blocks == 0);
}

} // namespace

TEST_CASE("one block is lost, of the size that was asked for")
{
    check_lost("plants_one_parcel()", 1, 1500);
}

TEST_CASE("five blocks are lost, each definitely: no pointer leads to any of them")
{
    check_lost("plants_five_letters()", 5, 40);
}

TEST_CASE("a thousand blocks of 3 bytes are a thousand, not one of 3000 bytes")
{
    check_lost("plants_a_thousand_stamps()", 1000, 3);
}

TEST_CASE("0 blocks: nothing is lost")
{
    check_lost("plants_nothing()", 0, 24);
}
