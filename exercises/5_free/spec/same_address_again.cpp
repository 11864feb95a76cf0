// The spec of exercise 1, same_address_again.
//
// Each case runs in a fresh process, for malloc remembers what was freed. Which block comes back on
// this machine is observed, not assumed.
#include "spec/same_address_again.hpp"
#include "support/fresh_child.hpp"
#include "support/malloc_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace {

std::uintptr_t number(void* block)
{
    return reinterpret_cast<std::uintptr_t>(block);
}

constexpr std::size_t rounds = 8;
constexpr std::size_t largest = 1032;
constexpr std::uintptr_t untouched = 0x5e75; // stands where play_rounds may not write

// What play_rounds did with malloc and free, and what it wrote.
struct game
{
    std::size_t asked = 0;                  // calls of malloc, calloc and realloc
    std::size_t of_right_kind = 0;          // of these malloc(block_size)
    std::array<game_round, rounds> given{}; // what malloc gave, in pairs
    std::array<bool, rounds> first_freed{};
    std::array<bool, rounds> second_freed{};
    std::array<game_round, rounds + 1> written{}; // one more than it was asked for
};

template <class Player>
game watch_play(Player play, std::size_t asked_rounds)
{
    game seen;
    seen.written.fill({untouched, untouched});
    const support::malloc_watch watch;
    play(seen.written.data(), asked_rounds);
    seen.asked = watch.count();
    const auto calls = watch.calls();
    seen.of_right_kind =
        static_cast<std::size_t>(std::ranges::count_if(calls, [](const auto& call) {
            return call.function == "malloc" && call.size == block_size;
        }));
    for (std::size_t i = 0; i < rounds && 2 * i + 1 < calls.size(); ++i) {
        const support::malloc_call& first = calls[2 * i];
        const support::malloc_call& second = calls[2 * i + 1];
        seen.given[i] = {number(first.block), number(second.block)};
        seen.first_freed[i] = first.freed;
        seen.second_freed[i] = second.freed;
    }
    return seen;
}

// The rounds as promised, with which those of the learner are compared.
void play_as_promised(game_round* out, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i) {
        void* const first = std::malloc(block_size);
        void* const second = std::malloc(block_size);
        out[i] = {number(first), number(second)};
        std::free(first);
    }
}

// Does malloc(asked) hand out the block of `freed` bytes that was freed just before?
bool observe(std::size_t freed, std::size_t asked)
{
    void* const block = std::malloc(freed);
    const std::uintptr_t before = number(block);
    std::free(block);
    void* const next = std::malloc(asked);
    const std::uintptr_t after = number(next);
    std::free(next);
    return after == before;
}

// Pairs of sizes for which comes_back was asked, and the first on which it was wrong.
struct pairs
{
    std::size_t asked = 0;
    std::size_t wrong = 0;
    std::size_t freed_size = 0;
    std::size_t asked_size = 0;
    bool yours = false;
    bool here = false;

    void ask(std::size_t freed, std::size_t wanted)
    {
        const bool seen = observe(freed, wanted);
        const bool answer = comes_back(freed, wanted);
        ++asked;
        if (answer == seen) return;
        if (wrong++ == 0) {
            freed_size = freed;
            asked_size = wanted;
            yours = answer;
            here = seen;
        }
    }
};

pairs equal_sizes()
{
    pairs all;
    for (std::size_t n = 0; n <= largest; ++n) all.ask(n, n);
    return all;
}

pairs sizes_far_apart()
{
    pairs all;
    constexpr std::array<std::size_t, 4> sizes{24, 100, 500, largest};
    for (const std::size_t freed : sizes) {
        for (const std::size_t asked : sizes) all.ask(freed, asked);
    }
    return all;
}

pairs smallest_sizes()
{
    pairs all;
    for (std::size_t freed = 0; freed <= 40; ++freed) {
        for (std::size_t asked = 0; asked <= 40; ++asked) all.ask(freed, asked);
    }
    return all;
}

pairs neighbouring_sizes()
{
    pairs all;
    for (std::size_t freed = 0; freed <= largest; ++freed) {
        const std::size_t first = freed < 17 ? 0 : freed - 17;
        const std::size_t last = std::min(largest, freed + 17);
        for (std::size_t asked = first; asked <= last; ++asked) all.ask(freed, asked);
    }
    return all;
}

// Frees the blocks 1 to 10 in a row; at which place of that row are those that malloc gives next?
constexpr std::size_t row = 10;
std::array<std::size_t, row> order_of_return()
{
    std::array<void*, row> blocks;
    std::array<std::uintptr_t, row> addresses;
    for (std::size_t i = 0; i < row; ++i) {
        blocks[i] = std::malloc(block_size);
        addresses[i] = number(blocks[i]);
    }
    for (void* const block : blocks) std::free(block);
    std::array<std::size_t, row> places{};
    for (std::size_t& place : places) {
        const auto* const found = std::ranges::find(addresses, number(std::malloc(block_size)));
        place = static_cast<std::size_t>(found - addresses.begin()) + 1; // row + 1: another block
    }
    return places;
}

} // namespace

extern "C" int heaplings_probe(int, char** arguments)
{
    const std::string_view what = arguments[1];
    if (what == "play") return support::deliver(arguments, watch_play(play_rounds, rounds));
    if (what == "no rounds") return support::deliver(arguments, watch_play(play_rounds, 0));
    if (what == "as promised") {
        return support::deliver(arguments, watch_play(play_as_promised, rounds));
    }
    if (what == "equal") return support::deliver(arguments, equal_sizes());
    if (what == "far apart") return support::deliver(arguments, sizes_far_apart());
    if (what == "smallest") return support::deliver(arguments, smallest_sizes());
    if (what == "neighbouring") return support::deliver(arguments, neighbouring_sizes());
    if (what == "order") return support::deliver(arguments, order_of_return());
    return 2;
}

namespace {

template <class Result>
Result in_fresh_process(const std::string& what)
{
    INFO("in a fresh process: ", what);
    const auto report = support::in_fresh_process<Result>(what);
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.has_value());
    return *report.result;
}

std::size_t places(const game& seen, std::uintptr_t game_round::*which)
{
    std::set<std::uintptr_t> different;
    for (const game_round& each : seen.given) different.insert(each.*which);
    return different.size();
}

std::string line(std::size_t round, const game_round& played)
{
    std::ostringstream out;
    out << "round " << round << ": first 0x" << std::hex << played.first << ", second 0x"
        << played.second;
    return out.str();
}

void check_pairs(const std::string& what)
{
    const auto all = in_fresh_process<pairs>(what);
    INFO("wrong for ", all.wrong, " of ", all.asked, " pairs of sizes; shown: a block of ",
         all.freed_size, " bytes was freed, then malloc(", all.asked_size, ") was called");
    CHECK(all.yours == all.here);
}

} // namespace

TEST_CASE("each round obtains two blocks of block_size bytes from malloc")
{
    const auto seen = in_fresh_process<game>("play");
    CHECK(seen.asked == 2 * rounds);
    CHECK(seen.of_right_kind == 2 * rounds);
}

TEST_CASE("the addresses written are those of the first and the second block of each round")
{
    const auto seen = in_fresh_process<game>("play");
    for (std::size_t i = 0; i < rounds; ++i) {
        INFO("round ", i + 1, " of ", rounds);
        CHECK(seen.written[i].first == seen.given[i].first);
        CHECK(seen.written[i].second == seen.given[i].second);
    }
    CHECK(seen.written[rounds].first == untouched);
}

TEST_CASE("each first block is freed")
{
    const auto seen = in_fresh_process<game>("play");
    CHECK(std::ranges::count(seen.first_freed, true) == rounds);
}

TEST_CASE("each second block is still in use after the last round")
{
    const auto seen = in_fresh_process<game>("play");
    CHECK(std::ranges::count(seen.second_freed, true) == 0);
}

TEST_CASE("the first block keeps its address, the second changes, if freed at the round's end")
{
    const auto here = in_fresh_process<game>("as promised");
    const auto yours = in_fresh_process<game>("play");
    INFO("different addresses in ", rounds, " rounds, in yours and in the spec's own");
    CHECK(places(yours, &game_round::first) == places(here, &game_round::first));
    CHECK(places(yours, &game_round::second) == places(here, &game_round::second));
    for (std::size_t i = 0; i < rounds; ++i) MESSAGE(line(i + 1, yours.given[i]));
}

TEST_CASE("where there is no round, nothing is obtained and nothing written")
{
    const auto seen = in_fresh_process<game>("no rounds");
    CHECK(seen.asked == 0);
    CHECK(seen.written[0].first == untouched);
}

TEST_CASE("a block comes back if malloc is asked for the same size again")
{
    check_pairs("equal");
    std::ostringstream seen;
    seen << "blocks 1 to " << row << " freed in this order come back in the order";
    for (const std::size_t place : in_fresh_process<std::array<std::size_t, row>>("order")) {
        seen << ' ' << (place <= row ? std::to_string(place) : "(another)");
    }
    MESSAGE(seen.str());
}

TEST_CASE("for a very different size it does not come back, be it larger or smaller")
{
    check_pairs("far apart");
}

TEST_CASE("for sizes close to one another it depends")
{
    check_pairs("neighbouring");
}

TEST_CASE("the smallest blocks, up to 40 bytes, have their own share of the rule")
{
    check_pairs("smallest");
}
