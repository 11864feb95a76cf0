// The spec of exercise 5, until_killed: runs in the disposable kernel alone.
//
// hog is called once, in a child; each test case looks at what became of it.
#include "spec/until_killed.hpp"
#include "support/kernel_kills.hpp"
#include "support/oom_prey.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr unsigned patience = 3; // seconds: some half of one is enough

struct hunt
{
    support::prey child;
    std::vector<heaplings::oom_victim> victims;
};

hunt hunt_hog()
{
    hunt seen;
    seen.child = support::prey_of_oom_killer([] { hog(); }, patience);
    seen.victims = support::kills_in_kernel_log().victims;
    return seen;
}

const hunt& hunted()
{
    static const hunt seen = hunt_hog();
    return seen;
}

support::ending end_of_hog()
{
    return support::ending_of(hunted().child.status);
}

std::string how_it_ended()
{
    if (end_of_hog() == support::killed_by(SIGALRM)) {
        return "it was still running after " + std::to_string(patience) + " seconds";
    }
    std::ostringstream told;
    told << "its end: " << end_of_hog();
    return told.str();
}

// The victim in the kernel log that is the hog; null if there is none.
const heaplings::oom_victim* hog_in_log()
{
    for (const heaplings::oom_victim& victim : hunted().victims) {
        if (victim.pid == hunted().child.pid) return &victim;
    }
    return nullptr;
}

} // namespace

TEST_CASE("the hog is killed: it neither exits nor goes on for ever")
{
    INFO(how_it_ended());
    CHECK(end_of_hog() == support::killed_by(SIGKILL));
}

TEST_CASE("it is the OOM killer that kills, once")
{
    INFO(how_it_ended());
    const long kills = hunted().child.kills_after - hunted().child.kills_before;
    CHECK(kills == 1);
}

TEST_CASE("the kernel log names the hog, and nobody else")
{
    INFO("the hog was process ", hunted().child.pid, "; ", how_it_ended());
    const std::size_t victims = hunted().victims.size();
    CHECK(hog_in_log() != nullptr);
    CHECK(victims == 1);
}

TEST_CASE("at its end the hog had nearly all the memory that was to be had")
{
    INFO(how_it_ended());
    const heaplings::oom_victim* const victim = hog_in_log();
    REQUIRE(victim != nullptr);
    INFO("available before: ", hunted().child.available);
    const heaplings::bytes nearly_all{hunted().child.available.count() / 10 * 8};
    CHECK(victim->anon.value() >= nearly_all);
    MESSAGE("available before: ", hunted().child.available,
            "; the hog's when it was killed: ", victim->anon.value());
}
