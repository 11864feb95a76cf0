// The spec of exercise 5, leak_kinds. Valgrind watches one program, which calls the four functions;
// the stack of each leak tells from which of them it comes.
#include "spec/leak_kinds.hpp"

#include "support/valgrind_run.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// The calls, each from a function of its own, by whose name its leaks are told apart.
[[gnu::noinline]] static void calls_definite()
{
    definite();
}
[[gnu::noinline]] static void calls_indirect()
{
    indirect();
}
[[gnu::noinline]] static void calls_possible()
{
    possible();
}
[[gnu::noinline]] static void calls_reachable()
{
    reachable();
}

extern "C" int heaplings_probe(int, char**)
{
    calls_definite();
    calls_indirect();
    calls_possible();
    calls_reachable();
    return 0;
}

namespace {

// Blocks of each kind.
struct inventory
{
    std::size_t definite = 0;
    std::size_t indirect = 0;
    std::size_t possible = 0;
    std::size_t reachable = 0;

    friend bool operator==(const inventory&, const inventory&) = default;
    friend std::ostream& operator<<(std::ostream& out, const inventory& blocks)
    {
        return out << blocks.definite << " definite, " << blocks.indirect << " indirect, "
                   << blocks.possible << " possible, " << blocks.reachable << " reachable";
    }
};

// What Valgrind found: one run serves all cases.
const std::vector<support::leak>& leaks()
{
    static const std::vector<support::leak> found = support::leaks_of_probe();
    return found;
}

inventory left_by(std::string_view caller)
{
    inventory left;
    for (const support::leak& lost : leaks()) {
        if (!lost.comes_through(caller)) continue;
        if (lost.kind == "Leak_DefinitelyLost") left.definite += lost.blocks;
        if (lost.kind == "Leak_IndirectlyLost") left.indirect += lost.blocks;
        if (lost.kind == "Leak_PossiblyLost") left.possible += lost.blocks;
        if (lost.kind == "Leak_StillReachable") left.reachable += lost.blocks;
    }
    return left;
}

} // namespace

TEST_CASE("definite() leaves one block to which no pointer leads")
{
    CHECK(left_by("calls_definite()") == inventory{.definite = 1});
}

TEST_CASE("indirect() leaves one block to which only a lost block points")
{
    CHECK(left_by("calls_indirect()") == inventory{.definite = 1, .indirect = 1});
}

TEST_CASE("possible() leaves one block to which a pointer leads, but not to its first byte")
{
    CHECK(left_by("calls_possible()") == inventory{.possible = 1});
}

TEST_CASE("reachable() leaves one block that the program could still free")
{
    CHECK(left_by("calls_reachable()") == inventory{.reachable = 1});
}
