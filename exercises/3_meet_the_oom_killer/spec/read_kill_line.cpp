// The spec of exercise 4, read_kill_line.
#include "spec/read_kill_line.hpp"
#include "spec/recorded/read_kill_line.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

namespace {

kill_report read(std::string_view log)
{
    INFO("the log is:\n", std::string{log});
    const std::optional<kill_report> report = read_kill(log);
    REQUIRE(report.has_value());
    return *report;
}

// A report as above, up to the first line that tells of a kill, and with it.
std::string_view first_report(std::string_view log)
{
    return log.substr(0, log.find('\n', log.find("Killed process")) + 1);
}

} // namespace

TEST_CASE("the machine ran out of memory: pid, name and memory of the victim")
{
    const kill_report report = read(first_report(recorded::global_6_1));
    CHECK(report.pid == 88);
    CHECK(report.name == "small +900");
    CHECK_FALSE(report.memcg);
}

TEST_CASE("the victim's memory is in kB, and not in pages")
{
    CHECK(read(first_report(recorded::global_6_1)).anon_rss_kib == 10'308);
    CHECK(read(recorded::memcg_6_18).anon_rss_kib == 53'924);
}

TEST_CASE("a memory cgroup was at its limit: another sentence, the same kill")
{
    const kill_report report = read(recorded::memcg_6_1);
    CHECK(report.pid == 86);
    CHECK(report.anon_rss_kib == 32'492);
    CHECK(report.memcg);
}

TEST_CASE("a name may hold blanks, parentheses and words of the line itself")
{
    CHECK(read(recorded::memcg_6_1).name == "mem hog) {x");
    CHECK(read(recorded::memcg_6_18).name == "Web Content (2)");
    const kill_report hog = read(recorded::global_6_1);
    CHECK(hog.name == "hog) (total-vm:");
    CHECK(hog.anon_rss_kib == 140'756);
}

TEST_CASE("of several kills in a log the last counts, and what is said of it")
{
    CHECK(read(recorded::global_6_1).pid == 90);
    const std::string global_then_memcg =
        std::string{recorded::global_6_1} + std::string{recorded::memcg_6_1};
    CHECK(read(global_then_memcg).pid == 86);
    CHECK(read(global_then_memcg).memcg);
    const std::string memcg_then_global =
        std::string{recorded::memcg_6_1} + std::string{recorded::global_6_1};
    CHECK(read(memcg_then_global).pid == 90);
    CHECK_FALSE(read(memcg_then_global).memcg);
}

TEST_CASE("older kernels announce a kill: what happened is in the next line")
{
    const kill_report java = read(recorded::memcg_3_10);
    CHECK(java.pid == 4711);
    CHECK(java.name == "java");
    CHECK(java.anon_rss_kib == 519'000);
    CHECK(java.memcg);
    const kill_report in_place_of_another = read(first_report(recorded::child_4_19));
    CHECK(in_place_of_another.pid == 3020);
    CHECK(in_place_of_another.anon_rss_kib == 360'000);
    CHECK_FALSE(in_place_of_another.memcg);
}

TEST_CASE("what the oom_reaper says afterwards is about memory that is gone")
{
    const kill_report report = read(recorded::child_4_19);
    CHECK(report.pid == 3021);
    CHECK(report.name == "postgres");
    CHECK(report.anon_rss_kib == 350'000);
}

TEST_CASE("a setting that spares the choice changes the sentence")
{
    const kill_report report = read(recorded::allocating_6_1);
    CHECK(report.pid == 85);
    CHECK(report.name == "allocating task");
    CHECK_FALSE(report.memcg);
}

TEST_CASE("a line that is cut off, or somebody else's, tells of no kill")
{
    constexpr std::string_view others =
        "[   90.120001] backup.sh[311]: Killed process 99 (tar) after 3600 s\n"
        "[   91.000000] Memory cgroup out of memory: Killed process 1713 (chr";
    CHECK_FALSE(read_kill(others).has_value());
    const std::string after_a_kill = std::string{recorded::global_6_1} + std::string{others};
    CHECK(read(after_a_kill).pid == 90);
    CHECK_FALSE(read(after_a_kill).memcg);
}

TEST_CASE("a log without a kill gives nothing")
{
    CHECK_FALSE(read_kill("").has_value());
    CHECK_FALSE(read_kill("[    0.000000] Linux version 6.1.176\n").has_value());
    const std::string_view log = recorded::memcg_6_1;
    INFO("who invoked the OOM killer is not who it killed");
    CHECK_FALSE(read_kill(log.substr(0, log.find('\n') + 1)).has_value());
}
