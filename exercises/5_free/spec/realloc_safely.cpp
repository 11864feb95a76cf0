// realloc moves the block each time here, as it may: support/malloc_calls.hpp.
#include "spec/realloc_safely.hpp"
#include "support/malloc_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>

namespace {

int value_at(std::size_t i)
{
    return static_cast<int>(i) + 1000;
}

// Has a block of `before` ints (null for 0), lets the learner make them `wanted`, watches malloc
// meanwhile, and frees the block that is there in the end.
struct attempt
{
    attempt(std::size_t before, std::size_t wanted_, std::size_t failing_call = 0)
        : had{before}, wanted{wanted_}, own_calls{before > 0 ? 1u : 0u},
          watch{failing_call > 0 ? own_calls + failing_call : 0}
    {
        if (had > 0) first = static_cast<int*>(std::malloc(had * sizeof(int)));
        for (std::size_t i = 0; i < had; ++i) first[i] = value_at(i);
        block = first;
        count = had;
        done = grow(block, count, wanted);
    }
    ~attempt()
    {
        if (watch.holds(block)) std::free(block);
    }
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;

    // How many times the learner asked for memory.
    [[nodiscard]] std::size_t asked() const { return watch.count() - own_calls; }

    // What the learner asked for, for the INFO of a failed check.
    [[nodiscard]] std::string calls() const
    {
        std::ostringstream text;
        for (const support::malloc_call& call : watch.calls().subspan(own_calls)) {
            text << call << (call.block == nullptr ? " returned null " : " ");
        }
        return text.str();
    }

    // The size that the block of now was asked for with, in bytes.
    [[nodiscard]] std::size_t size() const
    {
        const auto made = std::ranges::find_if(watch.calls(), [this](const auto& call) {
            return call.block == block && call.is_live();
        });
        return made != watch.calls().end() ? made->size : 0;
    }

    // How many of the first `n` ints have kept their values.
    [[nodiscard]] std::size_t kept(std::size_t n) const
    {
        std::size_t same = 0;
        while (same < n && block[same] == value_at(same)) ++same;
        return same;
    }

    std::size_t had;
    std::size_t wanted;
    std::size_t own_calls;
    support::malloc_watch watch;
    int* first = nullptr;
    int* block = nullptr;
    std::size_t count = 0;
    bool done = false;
};

void check_done(const attempt& tried)
{
    INFO("from ", tried.had, " ints to ", tried.wanted, "; asked for: ", tried.calls());
    REQUIRE(tried.done);
    REQUIRE(tried.count == tried.wanted);
    INFO("is `block` the address of a live block? is any other block left?");
    REQUIRE(tried.watch.holds(tried.block));
    REQUIRE(tried.watch.live_blocks() == 1);
    REQUIRE(tried.size() == tried.wanted * sizeof(int));
    const std::size_t common = std::min(tried.had, tried.wanted);
    REQUIRE(tried.kept(common) == common);
}

void check_as_before(const attempt& tried)
{
    INFO("from ", tried.had, " ints to ", tried.wanted, "; asked for: ", tried.calls());
    REQUIRE_FALSE(tried.done);
    REQUIRE(tried.count == tried.had);
    REQUIRE(tried.block == tried.first);
    INFO("is the block still there, and is it the only one?");
    REQUIRE(tried.watch.live_blocks() == (tried.had > 0 ? 1 : 0));
    REQUIRE(tried.watch.holds(tried.block) == (tried.had > 0));
    REQUIRE(tried.kept(tried.had) == tried.had);
}

struct step
{
    std::size_t before;
    std::size_t wanted;
};

} // namespace

TEST_CASE("a block that grows keeps its ints and has room for more")
{
    for (const step each : {step{4, 5}, step{1, 2}, step{4, 1000}, step{4, 4}}) {
        const attempt tried{each.before, each.wanted};
        check_done(tried);
        std::fill_n(tried.block, tried.count, 7);
    }
}

TEST_CASE("a block that shrinks keeps its first ints and gives the rest back")
{
    for (const step each : {step{5, 4}, step{1000, 10}, step{2, 1}}) {
        check_done(attempt{each.before, each.wanted});
    }
}

TEST_CASE("growing from null obtains the first block")
{
    for (const std::size_t wanted : {1u, 7u, 1000u}) check_done(attempt{0, wanted});
}

TEST_CASE("when there is no memory, block, count and ints are as before")
{
    for (const step each : {step{4, 1000}, step{4, 5}, step{1000, 10}, step{0, 7}}) {
        for (std::size_t failing = 1;; ++failing) {
            const attempt tried{each.before, each.wanted, failing};
            INFO("call number ", failing, " for memory finds none");
            if (tried.done)
                check_done(tried);
            else
                check_as_before(tried);
            if (tried.asked() < failing) break;
        }
    }
}

TEST_CASE("a large size is asked for in full")
{
    constexpr std::size_t wanted = (std::size_t{1} << 30) + 1; // bytes that 32 bits cannot count
    const attempt tried{4, wanted, 1};
    INFO("4 GiB and 4 bytes were wanted; asked for: ", tried.calls());
    REQUIRE(tried.asked() >= 1);
    REQUIRE(tried.watch.calls()[tried.own_calls].size == wanted * sizeof(int));
}

TEST_CASE("for a size that no std::size_t can hold, no memory is asked for")
{
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    constexpr std::size_t fits = most / sizeof(int);
    for (const std::size_t wanted : {fits + 1, fits + 2, most / 8 * 3, most / 2 + 1, most}) {
        for (const std::size_t before : {4u, 0u}) {
            const attempt tried{before, wanted};
            INFO("wanted: ", wanted, " ints; asked for: ", tried.calls());
            REQUIRE(tried.asked() == 0);
            check_as_before(tried);
        }
    }
}

TEST_CASE("for 0 ints the block is freed and becomes null, and no memory is asked for")
{
    for (const std::size_t before : {4u, 1u, 0u}) {
        const attempt tried{before, 0};
        INFO("from ", before, " ints to 0; asked for: ", tried.calls());
        REQUIRE(tried.done);
        REQUIRE(tried.block == nullptr);
        REQUIRE(tried.count == 0);
        REQUIRE(tried.asked() == 0);
        REQUIRE(tried.watch.live_blocks() == 0);
    }
}
