#include "spec/which_way.hpp"
#include "support/fresh_child.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <initializer_list>
#include <span>
#include <sstream>

// How doctest shows a direction.
doctest::String toString(growth direction)
{
    switch (direction) {
    case growth::up:
        return "up";
    case growth::down:
        return "down";
    case growth::mixed:
        return "mixed";
    case growth::unknown:
        return "unknown";
    }
    return "no value of growth";
}

namespace {

growth way(std::initializer_list<std::uintptr_t> addresses)
{
    return which_way(addresses.begin(), addresses.size());
}

// Addresses of a fresh process, in the order in which the memory was obtained.
struct live_addresses
{
    std::array<std::uintptr_t, 64> small_blocks;
    std::array<std::uintptr_t, 16> large_blocks;
    std::array<std::uintptr_t, 8> nested_calls;
};

template <std::size_t N>
void obtain_blocks(std::array<std::uintptr_t, N>& addresses, std::size_t size)
{
    std::array<void*, N> blocks;
    for (std::size_t i = 0; i < N; ++i) {
        blocks[i] = std::malloc(size);
        addresses[i] = reinterpret_cast<std::uintptr_t>(blocks[i]);
    }
    for (void* const block : blocks) std::free(block);
}

// Each call notes the address of a variable of its own, then makes the next one.
[[gnu::noinline]] void nest_calls(std::span<std::uintptr_t> addresses)
{
    volatile char variable = 0;
    addresses[0] = reinterpret_cast<std::uintptr_t>(&variable);
    if (addresses.size() > 1) nest_calls(addresses.subspan(1));
}

// How many addresses are higher and how many lower than the one before.
struct step_counts
{
    explicit step_counts(std::span<const std::uintptr_t> addresses)
    {
        for (std::size_t i = 1; i < addresses.size(); ++i) {
            up += addresses[i] > addresses[i - 1];
            down += addresses[i] < addresses[i - 1];
        }
    }
    [[nodiscard]] growth direction() const
    {
        if (up == 0 && down == 0) return growth::unknown;
        if (down == 0) return growth::up;
        return up == 0 ? growth::down : growth::mixed;
    }
    int up = 0;
    int down = 0;
};

void check_live(const char* what, std::span<const std::uintptr_t> addresses)
{
    const step_counts steps{addresses};
    std::ostringstream seen;
    seen << what << " in a fresh process here: " << steps.up << " steps up, " << steps.down
         << " down, from 0x" << std::hex << addresses.front() << " to 0x" << addresses.back();
    INFO(seen.str());
    CHECK(which_way(addresses.data(), addresses.size()) == steps.direction());
    MESSAGE(seen.str());
}

} // namespace

extern "C" int heaplings_probe(int, char** arguments)
{
    live_addresses live;
    obtain_blocks(live.small_blocks, 24);
    obtain_blocks(live.large_blocks, 1024 * 1024);
    nest_calls(live.nested_calls);
    return support::deliver(arguments, live);
}

TEST_CASE("each address higher than the one before is up")
{
    CHECK(way({0x1000, 0x1020}) == growth::up);
    CHECK(way({0x1000, 0x1020, 0x1040, 0x9000}) == growth::up);
}

TEST_CASE("each address lower than the one before is down")
{
    CHECK(way({0x1020, 0x1000}) == growth::down);
    CHECK(way({0x9000, 0x1040, 0x1020, 0x1000}) == growth::down);
}

TEST_CASE("a single step against the others makes it mixed, wherever it is")
{
    CHECK(way({0x2000, 0x1000, 0x3000, 0x4000}) == growth::mixed);
    CHECK(way({0x1000, 0x3000, 0x2000, 0x4000}) == growth::mixed);
    CHECK(way({0x1000, 0x2000, 0x4000, 0x3000}) == growth::mixed);
    CHECK(way({0x4000, 0x3000, 0x1000, 0x2000}) == growth::mixed);
    CHECK(way({0x1000, 0x2000, 0x1000}) == growth::mixed);
}

TEST_CASE("no address or a single one has no direction")
{
    const std::uintptr_t around[] = {0x3000, 0x1000, 0x2000};
    CHECK(which_way(around + 1, 0) == growth::unknown);
    CHECK(which_way(around + 1, 1) == growth::unknown);
}

TEST_CASE("an address equal to the one before says nothing")
{
    CHECK(way({0x1000, 0x1000}) == growth::unknown);
    CHECK(way({0x1000, 0x1000, 0x1000}) == growth::unknown);
    CHECK(way({0x1000, 0x1000, 0x2000}) == growth::up);
    CHECK(way({0x1000, 0x2000, 0x2000}) == growth::up);
    CHECK(way({0x2000, 0x1000, 0x1000}) == growth::down);
    CHECK(way({0x2000, 0x3000, 0x3000, 0x1000}) == growth::mixed);
}

TEST_CASE("addresses may lie further apart than 32 bits can tell")
{
    CHECK(way({0x5555'0000'1000, 0x5556'0000'1000}) == growth::up);
    CHECK(way({0x5556'0000'1000, 0x5555'0000'1000}) == growth::down);
    CHECK(way({0x5555'0000'1000, 0x5555'c000'1000}) == growth::up);
    CHECK(way({0x5555'c000'1000, 0x5555'0000'1000}) == growth::down);
    CHECK(way({0x1000, 0x7fff'0000'0000}) == growth::up);
}

TEST_CASE("only the n addresses count, not what stands before and behind them")
{
    const std::uintptr_t around[] = {0x9000, 0x1000, 0x2000, 0x3000, 0x500};
    CHECK(which_way(around + 1, 3) == growth::up);
    CHECK(which_way(around + 1, 2) == growth::up);
}

TEST_CASE("the direction of small blocks, large blocks and nested calls in a fresh process")
{
    const auto report = support::in_fresh_process<live_addresses>();
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.has_value());
    check_live("small blocks", report.result->small_blocks);
    check_live("large blocks", report.result->large_blocks);
    check_live("variables of nested calls", report.result->nested_calls);
}
