// What is refused before anything is timed.
#include "run.hpp"

#include <heaplings/leak_counter/malloc_hooks.hpp>

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <thread>

namespace {

using bench::between;
using bench::check;
using bench::escape;
using bench::exactly;
using bench::measured;
using bench::pattern;

void one_pair(benchmark::State& state)
{
    for (auto _ : measured(state)) {
        void* block = std::malloc(8);
        escape(block);
        std::free(block);
    }
}

pattern expecting(bench::expected_allocations allocations,
                  std::function<void(benchmark::State&)> run = one_pair)
{
    return {.name = "pair", .shows = "A pair.", .allocations = allocations, .run = run};
}

std::vector<std::string> refusals(const pattern& which)
{
    benchmark::ClearRegisteredBenchmarks();
    return check({which}).refusals;
}

} // namespace

TEST_CASE("a pattern that allocates what it declares is selected and not refused")
{
    const auto result = check({expecting(exactly(1))});
    CHECK(result.selected == std::vector<std::string>{"pair"});
    CHECK(result.refusals == std::vector<std::string>{});
}

TEST_CASE("another number of allocations is refused, with both numbers and the benchmark's name")
{
    CHECK(refusals(expecting(exactly(2))) ==
          std::vector<std::string>{"pair: allocations in 1 iteration: expected 2, counted 1"});
    CHECK(refusals(expecting(exactly(0))).size() == 1);
}

TEST_CASE("a range takes both of its ends, and nothing beyond")
{
    CHECK(refusals(expecting(between(1, 2))).empty());
    CHECK(refusals(expecting(between(0, 1))).empty());
    CHECK(refusals(expecting(between(2, 3))) ==
          std::vector<std::string>{"pair: allocations in 1 iteration: expected 2 to 3, counted 1"});
}

TEST_CASE("an allocation that the compiler leaves out is refused")
{
    const auto pair_without_escape = [](benchmark::State& state) {
        for (auto _ : measured(state)) {
            const auto number = std::make_unique<int>(1);
        }
    };
    CHECK(refusals(expecting(exactly(1), pair_without_escape)) ==
          std::vector<std::string>{"pair: allocations in 1 iteration: expected 1, counted 0"});

    const auto pair_with_escape = [](benchmark::State& state) {
        for (auto _ : measured(state)) {
            const auto number = std::make_unique<int>(1);
            escape(number.get());
        }
    };
    CHECK(refusals(expecting(exactly(1), pair_with_escape)).empty());
}

TEST_CASE("what is allocated in front of the loop and behind it is not counted")
{
    CHECK(refusals(expecting(exactly(1), [](benchmark::State& state) {
              std::vector<int> before(100);
              escape(before.data());
              one_pair(state);
              const auto after = std::make_unique<int>(1);
              escape(after.get());
          })).empty());
}

TEST_CASE("in several threads, each is held to its own number")
{
    pattern in_threads = expecting(exactly(1));
    in_threads.configure = [](auto* benchmark) { benchmark->Threads(2); };
    CHECK(refusals(in_threads).empty());

    in_threads.allocations = [](const benchmark::State& state) { return state.thread_index() + 1; };
    CHECK(refusals(in_threads) ==
          std::vector<std::string>{
              "pair/threads:2: allocations in 1 iteration: expected 2, counted 1"});
}

TEST_CASE("what a helper of the only thread allocates counts")
{
    const auto with_helper = [](benchmark::State& state) {
        for (auto _ : measured(state)) {
            std::thread{[] {
                void* block = std::malloc(8);
                escape(block);
                std::free(block);
            }}.join();
        }
    };
    CHECK(refusals(expecting(exactly(0), with_helper)).size() == 1);
}

TEST_CASE("a pattern that leaks is refused")
{
    CHECK(refusals(expecting(exactly(1), [](benchmark::State& state) {
              for (auto _ : measured(state)) escape(std::malloc(8));
          })) == std::vector<std::string>{"pair: blocks left at its end: 1"});
}

TEST_CASE("a claim about malloc that does not hold is refused")
{
    CHECK(refusals(expecting(exactly(1), [](benchmark::State& state) {
              bench::prove("pigs fly", [] { return false; });
              one_pair(state);
          })) == std::vector<std::string>{"pair: it does not hold that pigs fly"});
}

TEST_CASE("a loop that is not counted is refused")
{
    CHECK(refusals(expecting(exactly(0), [](benchmark::State& state) {
              for (auto _ : state) {
              }
          })).size() == 1);
}

TEST_CASE("a pattern that can't run on this machine says so, and is not refused")
{
    CHECK(refusals(expecting(exactly(1), [](benchmark::State& state) {
              state.SkipWithError("no such thing here");
              one_pair(state);
          })).empty());
}

TEST_CASE("a pattern that is killed is refused")
{
    CHECK(refusals(expecting(exactly(1), [](benchmark::State&) { std::raise(SIGKILL); })) ==
          std::vector<std::string>{"the check ended before it was through"});
}
