// The spec of exercise 5, until_killed: runs in the disposable kernel alone.
//
// hog is called once, in a child; each test case looks at what became of it.
#include "spec/until_killed.hpp"
#include "support/oom_prey.hpp"

#include <doctest/doctest.h>

#include <heaplings/kernel_log.hpp>

#include <csignal>
#include <ostream>
#include <string>
#include <sys/wait.h>
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
    for (const heaplings::oom_report& report :
         heaplings::read_oom_reports(heaplings::read_kernel_log()).reports) {
        seen.victims.insert(seen.victims.end(), report.victims.begin(), report.victims.end());
    }
    return seen;
}

const hunt& hunted()
{
    static const hunt seen = hunt_hog();
    return seen;
}

std::string how_it_ended()
{
    const int status = hunted().child.status;
    if (WIFEXITED(status)) return "it exited with code " + std::to_string(WEXITSTATUS(status));
    if (WTERMSIG(status) == SIGALRM) {
        return "it was still running after " + std::to_string(patience) + " seconds";
    }
    return "it was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ')';
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
    const int status = hunted().child.status;
    INFO(how_it_ended());
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
}

TEST_CASE("it is the OOM killer that kills, once")
{
    INFO(how_it_ended());
    CHECK(hunted().child.kills_after - hunted().child.kills_before == 1);
}

TEST_CASE("the kernel log names the hog, and nobody else")
{
    INFO("the hog was process ", hunted().child.pid, "; ", how_it_ended());
    CHECK(hog_in_log() != nullptr);
    CHECK(hunted().victims.size() == 1);
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
