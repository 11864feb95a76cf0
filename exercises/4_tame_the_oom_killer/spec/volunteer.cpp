// The spec of exercise 2, volunteer.
//
// The volunteer is a child, which stops at each point of interest; its parent reads what the kernel
// shows of it. Before it starts it has an adj of its own, for nobody may take 0 for granted.
#include "spec/volunteer.hpp"
#include "support/oom_killer.hpp"

#include <doctest/doctest.h>

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include <csignal>
#include <exception>
#include <stdexcept>
#include <unistd.h>

namespace {

constexpr int start =
    300; // more than a session of a desktop has: nobody is refused to go back to it

// What the kernel shows of a process at one moment.
struct rating
{
    int adj;
    int score;
};

rating rating_of(pid_t pid)
{
    const heaplings::process_id process{pid};
    return {heaplings::read_oom_score_adj(process).value(),
            heaplings::read_oom_score(process).value()};
}

void pause_here()
{
    ::raise(SIGSTOP);
}

void begin()
{
    heaplings::write_oom_score_adj(start);
    pause_here();
}

// The rating that the child has when it stops next.
rating next(support::stopped_child& child)
{
    child.next();
    return rating_of(child.pid());
}

} // namespace

TEST_CASE("while the volunteer lives, its oom_score_adj is the one asked for")
{
    for (const int adj : {start + 1, 700, 1000}) {
        support::stopped_child child{[adj] {
            begin();
            const volunteer first_to_go{adj};
            pause_here();
        }};
        INFO("oom_score_adj was ", start, ", asked for was ", adj);
        CHECK(next(child).adj == adj);
    }
}

TEST_CASE("with its oom_score_adj the volunteer's score rises")
{
    support::stopped_child child{[] {
        begin();
        {
            const volunteer first_to_go{900};
            pause_here();
        }
        pause_here();
    }};
    const rating before = rating_of(child.pid());
    const rating during = next(child);
    const rating after = next(child);
    INFO("oom_score ", before.score, " before, ", during.score, " during, ", after.score, " after");
    CHECK(during.score > before.score);
    CHECK(after.score < during.score);
    MESSAGE("oom_score of a small process: ", before.score, " with oom_score_adj ", before.adj,
            ", ", during.score, " with ", during.adj, ", ", after.score, " with ", after.adj);
}

TEST_CASE("at the end of the scope its oom_score_adj is as before")
{
    for (const int adj : {700, 1000}) {
        support::stopped_child child{[adj] {
            begin();
            {
                const volunteer first_to_go{adj};
            }
            pause_here();
        }};
        INFO("before: ", start, ", asked for: ", adj, ", then the scope was left");
        CHECK(next(child).adj == start);
    }
}

TEST_CASE("an exception that leaves the scope restores it, too")
{
    support::stopped_child child{[] {
        begin();
        try {
            const volunteer first_to_go{700};
            pause_here();
            throw std::runtime_error{"no tiles today"};
        } catch (const std::runtime_error&) {
            pause_here();
        }
    }};
    CHECK(next(child).adj == 700);
    CHECK(next(child).adj == start);
}

TEST_CASE("two volunteers, one within the other: each puts back what it found")
{
    support::stopped_child child{[] {
        begin();
        {
            const volunteer outer{600};
            {
                const volunteer inner{800};
                pause_here();
            }
            pause_here();
        }
        pause_here();
    }};
    CHECK(next(child).adj == 800);
    CHECK(next(child).adj == 600);
    CHECK(next(child).adj == start);
}

TEST_CASE("two volunteers at different times: each notes what is there when it is made")
{
    support::stopped_child child{[] {
        begin();
        {
            const volunteer first{600};
        }
        heaplings::write_oom_score_adj(start + 50);
        {
            const volunteer second{600};
        }
        pause_here();
    }};
    CHECK(next(child).adj == start + 50);
}

TEST_CASE("a number that the kernel refuses is an exception, and changes nothing")
{
    for (const int adj : {1001, -1001, 123'456}) {
        support::stopped_child child{[adj] {
            begin();
            bool threw = false;
            try {
                const volunteer nobody{adj};
            } catch (const std::exception&) {
                threw = true;
            }
            // The exit status tells; a process that goes on shows its adj.
            if (!threw) ::_exit(1);
            pause_here();
        }};
        INFO("oom_score_adj goes from -1000 to 1000; asked for was ", adj);
        bool heard = true;
        try {
            child.next();
        } catch (const std::runtime_error&) {
            heard = false;
        }
        REQUIRE(heard);
        CHECK(rating_of(child.pid()).adj == start);
    }
}

TEST_CASE("other processes keep their oom_score_adj")
{
    const support::stopped_child bystander{[] {}};
    const rating bystander_before = rating_of(bystander.pid());
    const rating parent_before = rating_of(::getpid());
    support::stopped_child child{[] {
        begin();
        const volunteer first_to_go{700};
        pause_here();
    }};
    next(child);
    CHECK(rating_of(bystander.pid()).adj == bystander_before.adj);
    CHECK(rating_of(::getpid()).adj == parent_before.adj);
}

TEST_CASE("a volunteer that was made before a fork restores each process's own")
{
    support::stopped_child child{[] {
        begin();
        {
            const volunteer first_to_go{700};
            if (const pid_t forked = ::fork(); forked != 0)
                ::waitpid(forked, nullptr, 0);
            else { // the copy's end concerns the copy alone
                const_cast<volunteer&>(first_to_go).~volunteer();
                ::_exit(0);
            }
            pause_here();
        }
        pause_here();
    }};
    CHECK(next(child).adj == 700);
    CHECK(next(child).adj == start);
}
