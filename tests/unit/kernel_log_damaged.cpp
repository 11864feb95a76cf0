// Reports that are cut off or garbled, numbers too large, texts too long: all is told, nothing
// thrown.
#include <heaplings/kernel_log.hpp>

#include "kernel_log_lines.hpp"
#include "kernel_log_texts.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::read_oom_reports;

TEST_CASE("cut at any byte, a report keeps what was whole and throws nothing")
{
    for (const char* const file :
         {"vm_6.1.0_oomgroup_kmsg.txt", "host_6.18_memcgv1_dmesg_plain.txt",
          "written_4.19_child_killed_dmesg_T.txt", "written_2.6.32_el6_global_syslog.txt"}) {
        const std::string text = kernel_log_texts::read_file(kernel_log_texts::recorded(file));
        const auto whole = read_oom_reports(text, page);
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            const auto head = read_oom_reports(std::string_view{text}.substr(0, cut), page);
            const auto tail = read_oom_reports(std::string_view{text}.substr(cut), page);
            REQUIRE(head.reports.size() <= whole.reports.size());
            for (const auto& report : head.reports) {
                for (const auto& victim : report.victims) REQUIRE(!victim.name.empty());
            }
            REQUIRE(tail.reports.size() <= whole.reports.size() + 4);
        }
    }
}

TEST_CASE("a line that is cut off is told with its number and text")
{
    const auto log = read_lines({invoked("a"), "Out of memory: Killed process 11 (x) total-vm:4"});
    REQUIRE(log.unread.size() == 1);
    CHECK(log.unread[0].line == 2);
    CHECK(log.unread[0].text == "Out of memory: Killed process 11 (x) total-vm:4");
    CHECK(log.unread[0].why == "cut off or malformed");
    REQUIRE(log.reports.size() == 1);
    CHECK(log.reports[0].victims.empty());
}

TEST_CASE("a name that is cut off behind a parenthesis is not taken for whole")
{
    const auto log = read_lines({"Out of memory: Killed process 11 (my (job)"});
    CHECK(log.reports.empty());
    CHECK(log.unread.size() == 1);
}

TEST_CASE("a short line that does not follow a row is not taken for more of its name")
{
    const auto log = read_lines({invoked("a"), table, row("11", "x"),
                                 "EXT4-fs (vda): mounted filesystem", "ready", row("12", "y")});
    REQUIRE(log.reports.at(0).tasks.size() == 2);
    CHECK(log.reports[0].tasks[0].name == "x");
}

TEST_CASE("a line that is cut off does not swallow the next")
{
    const auto log = read_lines({"Out of memory: Killed process 11 (x", killed("12", "y"),
                                 "oom_reaper: reaped process 12 (y", summary("13", "z")});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].victims.at(0).pid == 12);
    CHECK(log.reports[1].chosen->pid == 13);
    REQUIRE(log.unread.size() == 2);
    CHECK(log.unread[0].line == 1);
    CHECK(log.unread[1].line == 3);
}

TEST_CASE("numbers that fit no type are told, not wrapped round")
{
    for (const char* const line :
         {"Out of memory: Killed process 99999999999 (x) total-vm:4kB, anon-rss:0kB",
          "Out of memory: Killed process 11 (x) total-vm:9007199254740992kB, anon-rss:0kB",
          "Out of memory: Killed process 11 (x) total-vm:4kB, anon-rss:-1kB",
          "memory: usage 1kB, limit 99999999999999999999kB, failcnt 0",
          "a invoked oom-killer: gfp_mask=0xcc0, order=99999999999, oom_score_adj=0",
          "a invoked oom-killer: gfp_mask=0x10000000000000000, order=0, oom_score_adj=0"}) {
        CAPTURE(line);
        const auto log = read_lines({line});
        CHECK(log.unread.size() == 1);
        CHECK(log.reports.empty());
    }
    const auto log = read_lines({"[ pid ] uid tgid total_vm rss name", "[1] 0 1 4 4 fits",
                                 "[2] 0 2 9223372036854775807 4 does not"});
    CHECK(log.unread.size() == 1);
    CHECK(log.reports.at(0).tasks.size() == 1);
}

TEST_CASE("more than 4 TiB of address space is a size as others")
{
    const auto log = read_lines({"Out of memory: Killed process 11 (asan) total-vm:21474836480kB, "
                                 "anon-rss:4294967296kB, file-rss:0kB"});
    CHECK(log.reports.at(0).victims.at(0).total_vm == 20'480_GiB);
    CHECK(log.reports.at(0).victims.at(0).anon == 4096_GiB);
}

// If time grew with the square of the text, this would run into the test's time limit.
TEST_CASE("large texts of the worst lines are read in time that grows as they do")
{
    constexpr int count = 50'000;
    const std::string reason = "Memory cgroup out of memory: ";
    for (const std::string& line :
         {invoked("a"), killed("11", "x"), std::string{"Out of memory: Killed process 11 (x"},
          summary("11", "x"), std::string{"Out of memory and no killable processes..."},
          std::string{"Tasks in /a are going to be killed due to memory.oom.group set"},
          std::string{"oom_reaper: reaped process 11 (x), now anon-rss:0kB"}, table, row("11", "x"),
          std::string{"memory: usage 1kB, limit 1kB, failcnt 1"},
          std::string{"CPU: 0 PID: 1 Comm: a"}, std::string{"4,1,1,+;x"}, std::string{"\n"}}) {
        CAPTURE(line);
        std::string text = invoked("a") + "\n" + table + "\n" + row("11", "x") + "\n" +
                           killed("11", "x", reason) + "\n" + killed("1", "x", reason) + "\n";
        for (int i = 0; i < count; ++i) text += line + "\n";
        const auto log = read_oom_reports(text, page);
        CHECK(log.reports.size() <= count + 5);
        CHECK(log.unread.size() <= count + 5);
    }
    const std::string words = ",task_memcg=/,mems_allowed=0,task=x,pid=1,uid=1) total-vm:\\x";
    for (const char* const first :
         {"", "oom-kill:constraint=CONSTRAINT_NONE,nodemask=,cpuset=", "Killed process 1 (",
          "[ pid ] ", "{\"MESSAGE\":\"", "{\"MESSAGE\":[", "Out of memory: ", "\x1b["}) {
        std::string text = first;
        for (int i = 0; i < count; ++i) text += words;
        CHECK(read_oom_reports(text, page).reports.size() <= 1);
    }
}

TEST_CASE("random bytes and shuffled lines throw nothing")
{
    std::mt19937 random{4};
    const std::string text =
        kernel_log_texts::read_file(kernel_log_texts::recorded("vm_6.1.0_oomgroup_kmsg.txt"));
    for (int round = 0; round < 300; ++round) {
        std::string damaged = text;
        for (int i = 0; i < 40; ++i) {
            const std::size_t at = random() % damaged.size();
            if (random() % 2 == 0) {
                damaged[at] = static_cast<char>(random());
            } else {
                damaged.erase(at, random() % 30);
            }
        }
        for (const auto& report : read_oom_reports(damaged, page).reports) {
            CHECK(!to_string(report).empty());
        }
    }
}
