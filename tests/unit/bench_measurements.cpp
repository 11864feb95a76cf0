#include "benchmark_name.hpp"
#include "measurement.hpp"

#include <doctest/doctest.h>

using namespace heaplings::bench;

namespace {

// What Google Benchmark writes of one repetition.
std::string repetition(const std::string& name, int family, double nanoseconds,
                       const std::string& more = "")
{
    return R"({"name": ")" + name + R"(", "run_name": ")" + name +
           R"(", "run_type": "iteration", "family_index": )" + std::to_string(family) +
           R"(, "per_family_instance_index": 0, "threads": 1, "iterations": 7, "real_time": )" +
           std::to_string(nanoseconds) + R"(, "cpu_time": 1.0, "time_unit": "ns")" + more + "}";
}

results parse(const std::string& benchmarks)
{
    return parse_results(R"({"context": {"date": "today", "num_cpus": 2}, "benchmarks": [)" +
                             benchmarks + "]}",
                         "out.json", "bench.x");
}

std::string message_of(const std::string& text)
{
    try {
        (void)parse_results(text, "out.json", "bench.x");
        return "parsed";
    } catch (const std::runtime_error& e) {
        return e.what();
    }
}

} // namespace

TEST_CASE("repetitions that lie between each other's are gathered, in the order of the program")
{
    const results r =
        parse(repetition("b", 1, 5) + "," + repetition("a", 0, 30) + "," + repetition("b", 1, 7) +
              "," + repetition("a", 0, 10) + "," + repetition("a", 0, 20));
    REQUIRE(r.all.size() == 2);
    CHECK(r.all[0].name == "a");
    CHECK(r.all[0].program == "bench.x");
    CHECK(r.all[0].nanoseconds == std::vector<double>{30, 10, 20});
    CHECK(time_per_item(r.all[0]) == 20);
    CHECK(time_per_item(r.all[1]) == 6);
    CHECK(r.context.at("date") == "today");
}

TEST_CASE("aggregates are passed over")
{
    const results r = parse(repetition("a", 0, 10) +
                            R"(, {"name": "a_mean", "run_name": "a", "run_type": "aggregate",
                                  "aggregate_name": "mean", "real_time": 99, "time_unit": "ns"})");
    REQUIRE(r.all.size() == 1);
    CHECK(r.all[0].nanoseconds == std::vector<double>{10});
}

TEST_CASE("other units of time become nanoseconds")
{
    const results r = parse(R"({"run_name": "a", "real_time": 1.5, "time_unit": "us"},
                               {"run_name": "b", "real_time": 2, "time_unit": "s"})");
    CHECK(r.all[0].nanoseconds == std::vector<double>{1500});
    CHECK(r.all[1].nanoseconds == std::vector<double>{2e9});
}

TEST_CASE("the time of an item is that of one thread, whatever runs beside it")
{
    const results r = parse(R"({"run_name": "a", "threads": 2, "real_time": 100, "time_unit": "ns",
                                "items_per_second": 2e8},
                               {"run_name": "b", "threads": 2, "real_time": 100, "time_unit": "ns"})");
    CHECK(time_per_item(r.all[0]) == 10);
    CHECK(time_per_item(r.all[1]) == 200);
}

TEST_CASE("counters are the medians of all repetitions, and no bookkeeping")
{
    const results r = parse(repetition("a", 0, 1, R"(, "allocs_per_iter": 3, "rss": 10)") + "," +
                            repetition("a", 0, 1, R"(, "allocs_per_iter": 3, "rss": 40)") + "," +
                            repetition("a", 0, 1, R"(, "allocs_per_iter": 3, "rss": 20)"));
    CHECK(r.all[0].counters == std::map<std::string, double>{{"allocs_per_iter", 3}, {"rss", 20}});
}

TEST_CASE("a benchmark that skipped itself has its reason and no time")
{
    const results r = parse(
        R"({"run_name": "old", "error_occurred": true, "error_message": "no cgroup here"},
           {"run_name": "new", "skipped": true, "skip_message": "no swap here"})");
    CHECK(r.all[0].skipped == "no cgroup here");
    CHECK_FALSE(time_per_item(r.all[0]));
    CHECK(r.all[1].skipped == "no swap here");
}

TEST_CASE("text that is no JSON is refused with the file and the place")
{
    CHECK(message_of(R"({"benchmarks": [{"run_na)") ==
          "out.json: expected JSON of Google Benchmark, which ends or goes wrong at byte 25 of 24");
    CHECK(message_of("") ==
          "out.json: expected JSON of Google Benchmark, which ends or goes wrong at byte 1 of 0");
}

TEST_CASE("JSON of another kind is refused with what was expected")
{
    CHECK(message_of("[]") == "out.json: expected an object with the array \"benchmarks\", as "
                              "--benchmark_out writes it");
    CHECK(
        message_of(R"({"benchmarks": 3})") ==
        "out.json: expected an object with the array \"benchmarks\", as --benchmark_out writes it");
    CHECK(message_of(R"({"benchmarks": [7]})") == "out.json: benchmarks[0]: expected an object");
    CHECK(message_of(R"({"benchmarks": [{"run_name": "a"}]})") ==
          "out.json: benchmarks[0]: expected a unit as \"time_unit\", found none");
    CHECK(
        message_of(R"({"benchmarks": [{"run_name": "a", "time_unit": "ns", "real_time": "x"}]})") ==
        "out.json: benchmarks[0]: expected a number as \"real_time\", found \"x\"");
    CHECK(message_of(R"({"benchmarks": [{"run_name": "a", "time_unit": "h", "real_time": 1}]})") ==
          "out.json: benchmarks[0]: expected a time_unit of ns, us, ms or s, found \"h\"");
    CHECK(message_of(R"({"benchmarks": [{"run_name": 3}]})") ==
          "out.json: benchmarks[0]: expected the benchmark's name as \"run_name\", found 3");
}

TEST_CASE(
    "the middle of an even number of values lies between two, and spread is that of the quartiles")
{
    CHECK(median({4, 1, 3, 2}) == 2.5);
    CHECK(median({7}) == 7);
    CHECK(relative_spread({100, 90, 110, 80, 500}) == doctest::Approx(0.2));
    CHECK(relative_spread({5}) == 0);
}

TEST_CASE("a name falls into its parts and arguments")
{
    const benchmark_name name =
        parse_name("lifetime/fifo/mixed_small/blocks:16/real_time/threads:2");
    CHECK(name.family() == "lifetime/fifo/mixed_small");
    CHECK(name.part(1) == "fifo");
    CHECK(name.part(9) == "");
    CHECK(name.argument("blocks") == "16");
    CHECK(name.argument("threads") == "2");
    CHECK(name.argument("size") == "");
    CHECK(parse_name("copy<std::string>/64").family() == "copy/std::string/64");
    CHECK(name.in_words(1) == "fifo mixed small, 16 blocks, 2 threads");
}

TEST_CASE("what Google Benchmark writes of a division by zero is no error")
{
    const results r =
        parse(repetition("NaN \\\" Infinity", 0, 5, R"(, "a": NaN, "b": -NaN, "c": Infinity,
                                                          "d": -Infinity, "e": -1)"));
    REQUIRE(r.all.size() == 1);
    CHECK(r.all[0].name == "NaN \" Infinity");
    CHECK(r.all[0].counters == std::map<std::string, double>{{"e", -1}});
    CHECK(
        message_of(R"({"benchmarks": [{"run_name": "a", "time_unit": "ns", "real_time": NaN}]})") ==
        "out.json: benchmarks[0]: expected a number as \"real_time\", found null");
    CHECK(message_of("\"\\").starts_with("out.json: expected JSON of Google Benchmark"));
}
