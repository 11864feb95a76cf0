// Reports that are cut, mixed, repeated, incomplete; and texts that are none.
#include <heaplings/kernel_log.hpp>

#include "kernel_log_texts.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::oom_log;
using heaplings::oom_trigger;
using heaplings::read_oom_reports;

namespace {

constexpr bytes page{4096};

oom_log read_lines(const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return read_oom_reports(text, page);
}

std::string invoked(const std::string& name)
{
    return name + " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
}
const std::string table =
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
std::string row(const std::string& pid, const std::string& name)
{
    return "[" + pid + "] 0 " + pid + " 100 50 8192 0 0 " + name;
}
std::string summary(const std::string& pid, const std::string& name)
{
    return "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
           "global_oom,task_memcg=/,task=" +
           name + ",pid=" + pid + ",uid=0";
}
std::string killed(const std::string& pid, const std::string& name,
                   const std::string& reason = "Out of memory: ")
{
    return reason + "Killed process " + pid + " (" + name +
           ") total-vm:400kB, anon-rss:200kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB "
           "oom_score_adj:0";
}

} // namespace

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

TEST_CASE("a report without its end has no victim, and the next report's kill is not its own")
{
    const auto log = read_lines({invoked("a"), table, row("11", "x"), invoked("b"), table,
                                 row("12", "y"), summary("12", "y"), killed("12", "y")});
    REQUIRE(log.reports.size() == 2);
    CHECK(log.reports[0].victims.empty());
    CHECK(log.reports[0].tasks.size() == 1);
    CHECK(log.reports[1].victims.at(0).pid == 12);
}

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
