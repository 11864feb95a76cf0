// The spec of exercise 3, hundred_mb_every_2s.
//
// The clock is the spec's own. Looking at it costs time, as work does, and each sleep ends a little
// late, so that a pace which measures lengths instead of times can be seen to drift.
#include "spec/hundred_mb_every_2s.hpp"
#include "support/anonymous_memory.hpp"
#include "support/fresh_child.hpp"
#include "support/malloc_calls.hpp"

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/proc/meminfo.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/units.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t MB = 1'000'000;
constexpr int most_waits = 16;

// What a pace did up to one wait.
struct one_wait
{
    long until_ms;     // the time asked for
    std::size_t live;  // blocks that malloc gave and nobody has freed
    long resident_kib; // anonymous memory, more than before the pace
};

// All that was seen of one pace, as plain bytes: it comes from a process of its own.
struct record
{
    std::array<one_wait, most_waits> waits;
    int wait_count;
    std::size_t returned; // blocks in the vector
    std::size_t held;     // of these, blocks of malloc's that are still there, each counted once
    std::size_t right_size;
    std::size_t in_order;
    std::size_t live;
    long resident_kib; // at the end
};

// What the test wants of one pace.
struct task
{
    std::size_t block;
    int rounds;
    milliseconds every;
    milliseconds start;
    milliseconds work;        // what each look at the clock costs
    milliseconds late;        // by which each sleep ends
    std::size_t failing_call; // of malloc; 0: none
};

class test_clock final : public pacer
{
public:
    test_clock(const task& given, const support::malloc_watch& watch, long resident_before,
               record& seen)
        : given_{given}, watch_{watch}, before_{resident_before}, seen_{seen}, time_{given.start}
    {
    }

    milliseconds now() override
    {
        const milliseconds told = time_;
        time_ += given_.work;
        return told;
    }
    void sleep_until(milliseconds time) override
    {
        if (seen_.wait_count < most_waits) {
            seen_.waits[static_cast<std::size_t>(seen_.wait_count)] = {
                time.count(), watch_.live_blocks(), support::anonymous_kib() - before_};
        }
        ++seen_.wait_count;
        time_ = std::max(time_, time) + given_.late;
    }

private:
    const task& given_;
    const support::malloc_watch& watch_;
    long before_;
    record& seen_;
    milliseconds time_;
};

record watched_pace(const task& given)
{
    support::no_huge_pages();
    static support::malloc_watch watch{given.failing_call}; // static: it is large
    record seen{};
    const long before = support::anonymous_kib();
    test_clock clock{given, watch, before, seen};
    const std::vector<void*> blocks = pace(given.block, given.rounds, given.every, clock);
    seen.resident_kib = support::anonymous_kib() - before;
    seen.returned = blocks.size();
    seen.live = watch.live_blocks();
    std::size_t place = 0;
    for (const auto& call : watch.calls()) {
        if (!call.is_live()) continue;
        const auto found = std::ranges::count(blocks, call.block);
        if (found == 1) ++seen.held;
        if (found == 1 && call.size == given.block) ++seen.right_size;
        if (place < blocks.size() && blocks[place] == call.block) ++seen.in_order;
        ++place;
    }
    return seen;
}

record pace_in_child(const task& given)
{
    const auto report = support::in_fresh_child([&] { return watched_pace(given); });
    INFO("pace ran in a process of its own");
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.has_value());
    return *report.result;
}

constexpr task ten_mb{.block = 10 * MB,
                      .rounds = 5,
                      .every = 2000ms,
                      .start = 0ms,
                      .work = 0ms,
                      .late = 0ms,
                      .failing_call = 0};

std::string waits_of(const record& seen)
{
    std::string text = "it waited until ms:";
    for (int i = 0; i < std::min(seen.wait_count, most_waits); ++i) {
        text += ' ' + std::to_string(seen.waits[static_cast<std::size_t>(i)].until_ms);
    }
    return text;
}

void check_times(const task& given)
{
    const record seen = pace_in_child(given);
    INFO("started at ", given.start.count(), " ms, a block each ", given.every.count(), " ms, ",
         given.rounds, " in all; a look at the clock costs ", given.work.count(),
         " ms, a sleep ends ", given.late.count(), " ms late");
    INFO(waits_of(seen));
    REQUIRE(seen.wait_count == std::max(given.rounds - 1, 0));
    for (int i = 0; i < seen.wait_count; ++i) {
        REQUIRE(seen.waits[static_cast<std::size_t>(i)].until_ms ==
                (given.start + (i + 1) * given.every).count());
    }
}

// KiB of a number of blocks, when each page of them is there; a twentieth of a block more or less.
void check_resident(long kib, std::size_t blocks, const task& given)
{
    const long wanted = static_cast<long>(blocks * given.block / 1024);
    const long tolerance = static_cast<long>(given.block / 1024 / 20);
    INFO(blocks, " blocks of ", given.block, " bytes are ", wanted,
         " KiB; the process has grown by ", kib, " KiB");
    REQUIRE(kib > wanted - tolerance);
    REQUIRE(kib < wanted + tolerance + 1024);
}

// The real pace, for `heaplings run hundred_mb_every_2s --live`: the score is printed as each wait
// begins.
class wall_clock final : public pacer
{
public:
    milliseconds now() override
    {
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_);
    }
    void sleep_until(milliseconds time) override
    {
        print_step();
        std::this_thread::sleep_until(start_ + time);
    }
    void print_step()
    {
        const auto memory = heaplings::read_meminfo();
        std::printf("%5.1f s  resident %4ld MB  oom_score %4d  available %4" PRId64 " MB\n",
                    static_cast<double>(now().count()) / 1000.0,
                    support::anonymous_kib() * 1024 / 1'000'000,
                    heaplings::read_oom_score().value_or(-1),
                    memory.available.value_or(memory.free).count() / 1'000'000);
        std::fflush(stdout);
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace

// What `heaplings run hundred_mb_every_2s --live` starts: never outside a limit.
extern "C" int heaplings_probe(int, char** arguments)
{
    if (std::string_view{arguments[0]} != "live") return 2;
    heaplings::write_oom_score_adj(0);
    wall_clock clock;
    clock.print_step();
    const std::vector<void*> blocks = pace(100 * MB, 30, 2000ms, clock);
    clock.print_step();
    std::printf("pace ended after %zu blocks\n", blocks.size());
    return 0;
}

TEST_CASE("the waits end at start + every, start + 2 * every, and so on")
{
    check_times(ten_mb);
    task other = ten_mb;
    other.block = 1000;
    other.rounds = 9;
    other.every = 250ms;
    check_times(other);
}

TEST_CASE("the start counts, whatever the clock shows then")
{
    task later = ten_mb;
    later.block = 1000;
    later.start = 86'399'123ms;
    check_times(later);
}

TEST_CASE("the pace does not drift, though work takes time and sleeps end late")
{
    task slow = ten_mb;
    slow.block = 1000;
    slow.rounds = 12;
    slow.work = 70ms;
    slow.late = 13ms;
    check_times(slow);
}

TEST_CASE("who is late by more than a step keeps to the times all the same")
{
    task overdue = ten_mb;
    overdue.block = 1000;
    overdue.late = 4500ms;
    check_times(overdue);
}

TEST_CASE("behind the last block there is no wait")
{
    for (const int rounds : {0, 1, 2}) {
        task few = ten_mb;
        few.block = 1000;
        few.rounds = rounds;
        check_times(few);
    }
}

TEST_CASE("before each wait one block more is there, and the process has grown by it")
{
    const record seen = pace_in_child(ten_mb);
    REQUIRE(seen.wait_count == ten_mb.rounds - 1);
    for (int i = 0; i < seen.wait_count; ++i) {
        const one_wait& at = seen.waits[static_cast<std::size_t>(i)];
        const auto blocks = static_cast<std::size_t>(i) + 1;
        INFO("at wait number ", blocks);
        REQUIRE(at.live == blocks);
        check_resident(at.resident_kib, blocks, ten_mb);
    }
    check_resident(seen.resident_kib, 5, ten_mb);
}

TEST_CASE("the blocks are returned in order, each of the size asked for, and all are still there")
{
    for (const std::size_t block : {10 * MB, std::size_t{4096}, std::size_t{1}}) {
        task given = ten_mb;
        given.block = block;
        const record seen = pace_in_child(given);
        INFO("5 blocks of ", block, " bytes");
        REQUIRE(seen.returned == 5);
        REQUIRE(seen.held == 5);
        REQUIRE(seen.right_size == 5);
        REQUIRE(seen.in_order == 5);
        REQUIRE(seen.live == 5);
    }
}

TEST_CASE("when malloc returns null the pace ends with the blocks it has")
{
    for (const std::size_t failing : {1u, 2u, 4u}) {
        task given = ten_mb;
        given.block = 1000;
        given.failing_call = failing;
        const record seen = pace_in_child(given);
        INFO("malloc number ", failing, " returned null; ", waits_of(seen));
        REQUIRE(seen.returned == failing - 1);
        REQUIRE(seen.held == failing - 1);
        REQUIRE(seen.live == failing - 1);
        REQUIRE(seen.wait_count == static_cast<int>(failing) - 1);
    }
}
