// Reports that are mixed, repeated, incomplete; and texts that are none.
#include <heaplings/kernel_log.hpp>

#include "kernel_log_lines.hpp"
#include "kernel_log_texts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace heaplings::literals;
using heaplings::oom_trigger;
using heaplings::read_oom_reports;

TEST_CASE("a text without a report gives none")
{
    for (const std::string_view text :
         {"", "\n", "\n\n\r\n", "hello", "[    1.000000] usb 1-1: new", "{", "{}", "[", "]", "<",
          "<4>", "4,1,1,-;", "\x1b["}) {
        const auto log = read_oom_reports(text);
        CHECK(log.reports.empty());
        CHECK(log.unread.empty());
    }
}

TEST_CASE("two reports in a row stay apart")
{
    const auto log =
        read_lines({invoked("a"), table, row("11", "x"), summary("11", "x"), killed("11", "x"),
                    invoked("b"), table, row("12", "y"), summary("12", "y"), killed("12", "y")});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].victims.at(0).pid == 11);
    CHECK(log.reports[1].victims.at(0).pid == 12);
    CHECK(log.reports[0].tasks.size() == 1);
    CHECK(log.reports[1].invoker == "b");
}

TEST_CASE("two interleaved reports come apart by who printed the lines")
{
    const auto from = [](const char* caller, const std::string& message) {
        return std::string{"4,1,1,-,caller="} + caller + ";" + message;
    };
    const auto log = read_lines({from("T1", invoked("a")), from("T2", invoked("b")),
                                 from("T2", table), from("T1", table), from("T1", row("11", "x")),
                                 from("T2", row("12", "y")), from("T1", summary("11", "x")),
                                 from("T2", killed("12", "y")), from("T1", killed("11", "x"))});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].tasks.at(0).name == "x");
    CHECK(log.reports[0].victims.at(0).pid == 11);
    CHECK(log.reports[1].tasks.at(0).name == "y");
    CHECK(log.reports[1].victims.at(0).pid == 12);
    CHECK(log.unread.empty());
}

TEST_CASE("reports of two hosts in one syslog come apart")
{
    const auto from = [](const char* host, const std::string& message) {
        return std::string{"Nov 23 07:18:41 "} + host + " kernel: " + message;
    };
    const auto log =
        read_lines({from("one", invoked("a")), from("two", invoked("b")), from("one", table),
                    from("two", table), from("one", row("11", "x")), from("two", row("11", "y")),
                    from("one", killed("11", "x")), from("two", killed("11", "y"))});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].victims.at(0).name == "x");
    CHECK(log.reports[1].victims.at(0).name == "y");
    CHECK(log.reports[1].tasks.at(0).name == "y");
}

TEST_CASE("two interleaved reports come apart by what each still lacks")
{
    const auto log =
        read_lines({invoked("a"), invoked("b"), table, row("12", "y"), summary("12", "y"), table,
                    row("11", "x"), summary("11", "x"), killed("11", "x"), killed("12", "y")});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[1].tasks.at(0).name == "y");
    CHECK(log.reports[1].victims.at(0).pid == 12);
    CHECK(log.reports[0].tasks.at(0).name == "x");
    CHECK(log.reports[0].victims.at(0).pid == 11);
}

TEST_CASE("lines of other parts of the kernel among a report's are passed over")
{
    const auto log =
        read_lines({invoked("a"), "usb 1-1: new high-speed USB device number 4", table,
                    "[drm] fb0: switching", row("11", "x"), "EXT4-fs (vda): mounted filesystem",
                    row("12", "y"), "Process accounting resumed", summary("12", "y"),
                    "eth0: link becomes ready, 1000 Mbps", killed("12", "y")});
    REQUIRE(log.reports.size() == 1);
    CHECK(log.reports[0].tasks.size() == 2);
    CHECK(log.reports[0].victims.at(0).pid == 12);
    CHECK(log.unread.empty());
}

TEST_CASE("a kill whose report the kernel left out is a report without its beginning")
{
    const auto log = read_lines({invoked("a"), killed("11", "x"), killed("12", "y"),
                                 killed("13", "z", "Memory cgroup out of memory: ")});
    REQUIRE(log.reports.size() == 3);
    CHECK_FALSE(log.reports[0].is_headless());
    CHECK(log.reports[1].is_headless());
    CHECK(log.reports[1].trigger == oom_trigger::global);
    CHECK(log.reports[2].trigger == oom_trigger::memory_cgroup);
    CHECK(log.reports[2].victims.at(0).name == "z");
}

TEST_CASE("what comes after the kill belongs to another report, whose beginning was cut off")
{
    const auto log = read_lines({invoked("a"), killed("11", "x"), table, row("12", "y"),
                                 summary("12", "y"), killed("12", "y")});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].tasks.empty());
    CHECK_FALSE(log.reports[0].chosen);
    CHECK(log.reports[1].is_headless());
    CHECK(log.reports[1].first_line == 3);
    CHECK(log.reports[1].last_line == 6);
    CHECK(log.reports[1].victims.at(0).pid == 12);
}

TEST_CASE("a report without its end has no victim, and the next report's kill is not its own")
{
    const auto log = read_lines({invoked("a"), table, row("11", "x"), invoked("b"), table,
                                 row("12", "y"), summary("12", "y"), killed("12", "y")});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].victims.empty());
    CHECK(log.reports[0].tasks.size() == 1);
    CHECK(log.reports[1].victims.at(0).pid == 12);
}

TEST_CASE("fields that a distribution adds are passed over")
{
    const auto log = read_lines({"Out of memory: Killed process 11 (x) total-vm:4kB, anon-rss:2kB, "
                                 "anon-rss-low:1kB, file-rss:1kB, hugetlb:0kB, UID:5 pgtables:8kB "
                                 "oom_score_adj:3 oom_group:no"});
    const auto& victim = log.reports.at(0).victims.at(0);
    CHECK(victim.anon == 2_KiB);
    CHECK(victim.file == 1_KiB);
    CHECK(victim.uid == 5);
    CHECK(victim.oom_score_adj == 3);
}

TEST_CASE("a killed process that only a later line names keeps the reaper's line with its report")
{
    const auto log = read_lines(
        {invoked("a"), killed("11", "x"), invoked("b"), killed("12", "y"),
         "oom_reaper: reaped process 11 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:4kB",
         "oom_reaper: unable to reap pid:12 (y)",
         "oom_reaper: reaped process 13 (z), now anon-rss:0kB, file-rss:0kB, shmem-rss:0lB"});
    REQUIRE(log.reports.size() == 2);
    REQUIRE(log.reports[0].reaped.size() == 1);
    CHECK(log.reports[0].reaped[0].shmem == 4_KiB);
    REQUIRE(log.reports[1].reaped.size() == 1);
    CHECK_FALSE(log.reports[1].reaped[0].succeeded);
    REQUIRE(log.unread.size() == 1);
    CHECK(log.unread[0].line == 7);
}

TEST_CASE("a group kill counts each process once")
{
    const std::string reason = "Memory cgroup out of memory: ";
    const auto log =
        read_lines({invoked("a"), killed("11", "x", reason),
                    "Tasks in /job (1) are going to be killed due to memory.oom.group set",
                    killed("12", "y", reason), killed("11", "x", reason), killed("13", "z", reason),
                    invoked("b"), killed("11", "new")});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].group_kill == "/job (1)");
    REQUIRE(log.reports[0].victims.size() == 3);
    CHECK(log.reports[0].victims[0].times_printed == 2);
    CHECK(log.reports[0].victims[1].times_printed == 1);
    CHECK(log.reports[1].victims.at(0).name == "new");
}

TEST_CASE("a kill after a group's is one of the group only if the report lists the process")
{
    const std::string reason = "Memory cgroup out of memory: ";
    const auto log =
        read_lines({invoked("a"), table, row("11", "x"), row("12", "y"), killed("11", "x", reason),
                    "Tasks in /job are going to be killed due to memory.oom.group set",
                    killed("12", "y", reason), killed("13", "z", reason)});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].victims.size() == 2);
    CHECK(log.reports[1].victims.at(0).pid == 13);
    CHECK_FALSE(log.reports[1].group_kill);
}

TEST_CASE("a panic for want of a victim, or on demand, is told")
{
    auto log = read_lines({invoked("a"), "Out of memory and no killable processes...",
                           "Kernel panic - not syncing: System is deadlocked on memory"});
    REQUIRE(log.reports.size() == 1);
    CHECK(log.reports[0].no_killable_process);
    CHECK(log.reports[0].panicked);

    log = read_lines({invoked("a"), "Kernel panic - not syncing: Out of memory: system-wide "
                                    "panic_on_oom is enabled"});
    REQUIRE(log.reports.size() == 1);
    CHECK_FALSE(log.reports[0].no_killable_process);
    CHECK(log.reports[0].panicked);

    log = read_lines({invoked("a"), "Kernel panic - not syncing: Fatal exception"});
    CHECK_FALSE(log.reports.at(0).panicked);
}

TEST_CASE("the limit that old kernels print on two lines is put together")
{
    const auto log = read_lines({invoked("a"), "Task in /job/x",
                                 " killed as a result of limit of /job", killed("11", "x", "")});
    REQUIRE(log.reports.size() == 1);
    CHECK(log.reports[0].task_cgroup == "/job/x");
    CHECK(log.reports[0].oom_cgroup == "/job");
    CHECK(log.reports[0].trigger == oom_trigger::memory_cgroup);
}

TEST_CASE("a report is told in a sentence")
{
    const auto sentence = [](const char* file) {
        const std::string text = kernel_log_texts::read_file(kernel_log_texts::recorded(file));
        return to_string(read_oom_reports(text, page).reports.at(0));
    };
    CHECK(sentence("vm_6.1.0_memcg_kmsg.txt") ==
          "mem hog) {x asked for 1 page, memory cgroup /student job was at its limit of "
          "67,108,864 B (64 MiB): killed pid 86 (mem hog) {x), resident 33,738,752 B (32.2 MiB), "
          "oom_score_adj 0");
    CHECK(sentence("vm_6.1.0_sysrq_kmsg.txt") ==
          "sysrq asked for a kill: killed pid 84 (java -Xmx (9)), resident 126,013,440 B (120.2 "
          "MiB), oom_score_adj 0");
    CHECK(sentence("vm_6.1.0_nokillable_kmsg.txt") ==
          "immortal asked for 1 page, memory ran out: no process could be killed");
    CHECK(sentence("written_4.19_child_killed_dmesg_T.txt") ==
          "postgres asked for 1 page, the machine was out of memory: killed pid 3020 "
          "(postgres), resident 372,736,000 B (355.5 MiB), in place of pid 3001 (postgres)");
    CHECK(to_string(read_lines({"a invoked oom-killer: gfp_mask=0xcc0, order=3, oom_score_adj=0"})
                        .reports.at(0)) ==
          "a asked for 8 pages, memory ran out: no kill in this text");
}
