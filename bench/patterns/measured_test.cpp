// What is refused before anything is timed.
#include "run.hpp"

#include <heaplings/leak_counter/malloc_hooks.hpp>

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

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
    return check({which}).refusals;
}

// Runs a program of one pattern.
int run_program(const pattern& which, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "program");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    const int status = bench::check_and_run({which}, static_cast<int>(argv.size()), argv.data());
    benchmark::ClearRegisteredBenchmarks();
    return status;
}

class temporary_file
{
public:
    ~temporary_file() { std::filesystem::remove(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = std::filesystem::temp_directory_path() /
                        ("measured_test." + std::to_string(getpid()) + ".json");
};

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

TEST_CASE("a program with a pattern that is refused fails and times nothing")
{
    const temporary_file report;
    CHECK(run_program(expecting(exactly(2)), {"--benchmark_out=" + report.path()}) == EXIT_FAILURE);
    CHECK_FALSE(std::filesystem::exists(report.path()));
}

TEST_CASE("--check_only times nothing")
{
    const temporary_file report;
    const auto arguments = {std::string{"--check_only"}, "--benchmark_out=" + report.path()};
    CHECK(run_program(expecting(exactly(1)), arguments) == EXIT_SUCCESS);
    CHECK_FALSE(std::filesystem::exists(report.path()));
}

TEST_CASE("the report has the sentence, and what is allocated in the loop and in all")
{
    const temporary_file report;
    const pattern with_buffer = expecting(exactly(2), [](benchmark::State& state) {
        void* buffer = std::malloc(1000);
        escape(buffer);
        for (auto _ : measured(state)) {
            void* blocks[] = {std::malloc(10), std::malloc(14)};
            for (void* block : blocks) escape(block);
            for (void* block : blocks) std::free(block);
        }
        bench::count_items(state, 2);
        std::free(buffer);
    });
    const auto arguments = {"--benchmark_out=" + report.path(),
                            std::string{"--benchmark_min_time=0.001"}};
    REQUIRE(run_program(with_buffer, arguments) == EXIT_SUCCESS);

    const auto json = nlohmann::json::parse(std::ifstream{report.path()});
    CHECK(json["context"]["pair"] == "A pair.");
    const auto& found = json["benchmarks"].at(0);
    CHECK(found["allocs_per_iter"] == 2);
    CHECK(found["max_bytes_used"] == 1000 + 10 + 14);
    CHECK(found["total_allocated_bytes"] ==
          16 * (10 + 14)); // in the 16 iterations that are counted
    CHECK(found["net_heap_growth"] == 0);
    CHECK(found["items_per_second"] > 0);
}
