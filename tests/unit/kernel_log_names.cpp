// A process may call itself anything: no name can pretend to be another part of a report.
#include <heaplings/kernel_log.hpp>

#include "kernel_log_texts.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using heaplings::bytes;
using kernel_log_texts::form;
using kernel_log_texts::record;
using kernel_log_texts::records;

namespace {

// Names of at most 15 bytes, the most that the kernel keeps.
const std::vector<std::string> odd_names{
    "hog",
    "(resolved)",
    "a,pid=1,uid=0",
    "hog) (total-vm:",
    "stu (job) 1",
    "mem hog) {x",
    "java -Xmx (9)",
    "x) total-vm:1kB",
    "x), UID 0, tota",
    ") score 1 or sa",
    "), now anon-rss",
    "a) sharing same",
    ",task=b",
    "a,task=b",
    ",task=a,task=b",
    ",task_memcg=/",
    "x,pid=1,uid=0",
    ",global_oom",
    " ",
    " a",
    "a ",
    "()",
    ")",
    "(",
    "[brackets]",
    "[    1.0] x",
    "[1.000000] x",
    "[ pid ] name",
    "[    1]  0  1",
    "1 2 3",
    "<4>x",
    "4,1,1,-;x",
    "kernel: x",
    "h kernel: x",
    "x: Killed",
    "Killed process",
    "oom_reaper: ",
    "oom-kill:",
    "Task in /",
    "memory: usage",
    "CPU: 0 PID: 1",
    " Comm: x",
    " PID: 1 Comm: ",
    " Not tainted",
    " Tainted: G",
    "Kdump: loaded",
    "x Kdump: loaded",
    " cpuset=/",
    "sysrq: Manual",
    "{\"MESSAGE\":\"x",
    "\"msg\": \"x\"",
    "0123456789abcde",
    "caf\xc3\xa9",
    "\xff\xfe",
    "\x1b[31mred",
    "\x01\x02\x7f",
    "a\tb",
};

// In these a newline divides the lines of most forms.
const std::vector<std::string> names_with_newlines{
    "new\nline",      "\n",          "a\n",        "\na",     "a\n\nb",
    ") \n(total-vm:", "x\n), UID 0", "x\n,task=y", "1\n2\n3",
};

records timed(const std::vector<std::string>& messages)
{
    records all;
    std::int64_t time = 5'000'000;
    for (const std::string& message : messages) all.push_back({6, time += 13, message});
    return all;
}

const std::string columns_since_4_15 =
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
const std::string row_since_4_15 =
    "[     77]     7    77   115200   110043   950272        0             0 ";

// A report of a process `n`, whose pid is 77, that asks and is killed.
struct kernel
{
    const char* version;
    std::vector<std::string> (*report)(const std::string& n);
};

const kernel kernels[] = {
    {"2.6.32",
     [](const std::string& n) -> std::vector<std::string> {
         return {n + " invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0",
                 n + " cpuset=/ mems_allowed=0",
                 "Pid: 77, comm: " + n + " Not tainted 2.6.32 #1",
                 "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name",
                 "[   77]     7    77   115200   110043   0       0 " + n,
                 "Out of memory: kill process 77 (" + n + ") score 59811 or a child",
                 "Killed process 77 (" + n + ")"};
     }},
    {"2.6.32, el6",
     [](const std::string& n) -> std::vector<std::string> {
         return {n + " invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0",
                 n + " cpuset=/ mems_allowed=0",
                 "Pid: 77, comm: " + n + " Not tainted 2.6.32-754.el6.x86_64 #1",
                 "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
                 "[   77]     7    77   115200   110043   0       0             0 " + n,
                 "Out of memory: Kill process 77 (" + n + ") score 598 or sacrifice child",
                 "Killed process 77, UID 7, (" + n + ") total-vm:8kB, anon-rss:4kB, file-rss:0kB"};
     }},
    {"3.10, el7",
     [](const std::string& n) -> std::vector<std::string> {
         return {n + " invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0",
                 n + " cpuset=/ mems_allowed=0",
                 "CPU: 3 PID: 77 Comm: " + n + " Kdump: loaded Not tainted 3.10.0-1160.el7 #1",
                 "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
                 "[   77]     7    77   115200   110043     300        0             0 " + n,
                 "Out of memory: Kill process 77 (" + n + ") score 598 or sacrifice child",
                 "Killed process 77 (" + n +
                     "), UID 7, total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"};
     }},
    {"4.19",
     [](const std::string& n) -> std::vector<std::string> {
         return {n + " invoked oom-killer: gfp_mask=0x6200ca(GFP_HIGHUSER_MOVABLE), "
                     "nodemask=(null), order=0, oom_score_adj=0",
                 n + " cpuset=/ mems_allowed=0",
                 "CPU: 3 PID: 77 Comm: " + n + " Not tainted 4.19.0 #1",
                 columns_since_4_15,
                 row_since_4_15 + n,
                 "Out of memory: Kill process 77 (" + n + ") score 598 or sacrifice child",
                 "Killed process 77 (" + n +
                     ") total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB",
                 "oom_reaper: reaped process 77 (" + n +
                     "), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"};
     }},
    {"5.1",
     [](const std::string& n) -> std::vector<std::string> {
         return {n + " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
                 "CPU: 3 PID: 77 Comm: " + n + " Tainted: G        W         5.1.0 #1",
                 "memory: usage 65536kB, limit 65536kB, failcnt 127",
                 columns_since_4_15,
                 row_since_4_15 + n,
                 "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
                 "oom_memcg=/job,task_memcg=/job/a b,task=" +
                     n + ",pid=77,uid=7",
                 "Memory cgroup out of memory: Killed process 77 (" + n +
                     ") total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB",
                 "oom_reaper: unable to reap pid:77 (" + n + ")"};
     }},
    {"6.12",
     [](const std::string& n) -> std::vector<std::string> {
         return {n + " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
                 "CPU: 3 UID: 7 PID: 77 Comm: " + n + " Not tainted 6.12.9 #1",
                 "Mem-Info:",
                 "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem "
                 "pgtables_bytes swapents oom_score_adj name",
                 "[     77]     7    77   115200   110043   110000       43         0   950272"
                 "        0             0 " +
                     n,
                 "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
                 "global_oom,task_memcg=/,task=" +
                     n + ",pid=77,uid=7",
                 "Out of memory: Killed process 77 (" + n +
                     ") total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:7 "
                     "pgtables:928kB oom_score_adj:0",
                 "oom_reaper: reaped process 77 (" + n +
                     "), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"};
     }},
};

void check_named(const heaplings::oom_log& log, const std::string& name)
{
    CHECK(log.unread.empty());
    REQUIRE(log.reports.size() == 1);
    const heaplings::oom_report& report = log.reports[0];
    CHECK(report.invoker == name);
    CHECK(report.invoker_pid == 77);
    CHECK(report.order == 0);
    REQUIRE(report.chosen);
    CHECK(report.chosen->name == name);
    CHECK(report.chosen->pid == 77);
    REQUIRE(report.tasks.size() == 1);
    CHECK(report.tasks[0].name == name);
    CHECK(report.tasks[0].uid == 7);
    REQUIRE(report.victims.size() == 1);
    CHECK(report.victims[0].name == name);
    CHECK(report.victims[0].pid == 77);
    CHECK(report.victims[0].uid.value_or(7) == 7);
    CHECK(report.victims[0].total_vm.value_or(bytes{8192}) == bytes{8192});
    for (const auto& reaping : report.reaped) CHECK(reaping.name == name);
    if (report.oom_cgroup) {
        CHECK(report.oom_cgroup == "/job");
        CHECK(report.task_cgroup == "/job/a b");
    }
    CHECK(report.cpuset == "/");
    CHECK(report.mems_allowed == "0");
}

} // namespace

TEST_CASE("an odd name is read whole from each kernel's report in each form")
{
    auto forms = kernel_log_texts::all_forms();
    forms.push_back({"/dev/kmsg", kernel_log_texts::as_kmsg});
    std::erase_if(forms, [](const form& f) {
        // Not UTF-8; and without a head a name can look like one.
        return f.name.starts_with("journalctl -o json") || f.name == "dmesg --json" ||
               f.name.starts_with("dmesg --notime");
    });
    for (const kernel& k : kernels) {
        for (const std::string& name : odd_names) {
            for (const form& f : forms) {
                CAPTURE(k.version);
                CAPTURE(name);
                CAPTURE(f.name);
                check_named(heaplings::read_oom_reports(f.text(timed(k.report(name))), bytes{4096}),
                            name);
            }
        }
    }
}

TEST_CASE("an odd name is read whole from JSON")
{
    for (const kernel& k : kernels) {
        for (const std::string& name : odd_names) {
            CAPTURE(k.version);
            CAPTURE(name);
            const std::string text = kernel_log_texts::as_journal_json(timed(k.report(name)), true);
            check_named(heaplings::read_oom_reports(text, bytes{4096}), name);
        }
    }
}

TEST_CASE("a name with a newline is read whole though it divides lines")
{
    auto forms = kernel_log_texts::all_forms();
    forms.push_back({"/dev/kmsg", kernel_log_texts::as_kmsg});
    for (const kernel& k : kernels) {
        for (const std::string& name : names_with_newlines) {
            for (const form& f : forms) {
                CAPTURE(k.version);
                CAPTURE(name);
                CAPTURE(f.name);
                check_named(heaplings::read_oom_reports(f.text(timed(k.report(name))), bytes{4096}),
                            name);
            }
        }
    }
}

TEST_CASE("a cgroup's path may hold the words of the summary")
{
    for (const std::string path :
         {"/a b", "/a,task=b", "/a,task_memcg=/c", "/x,pid=1,uid=0", "/,global_oom,"}) {
        CAPTURE(path);
        const auto log = heaplings::read_oom_reports(
            "[    1.000000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=" + path +
                ",mems_allowed=0-1,3,oom_memcg=" + path + ",task_memcg=" + path +
                ",task=hog,pid=77,uid=7\n"
                "[    1.000001] Memory cgroup out of memory: Killed process 77 (hog) "
                "total-vm:4kB\n",
            bytes{4096});
        REQUIRE(log.reports.size() == 1);
        const auto& report = log.reports[0];
        CHECK(report.cpuset == path);
        CHECK(report.mems_allowed == "0-1,3");
        CHECK(report.oom_cgroup == path);
        CHECK(report.task_cgroup == path);
        REQUIRE(report.chosen);
        CHECK(report.chosen->name == "hog");
    }
}

TEST_CASE("a name is printed so that it can't trouble a terminal")
{
    std::ostringstream out;
    heaplings::oom_report report;
    report.trigger = heaplings::oom_trigger::global;
    report.victims.resize(1);
    report.victims[0].pid = 5;
    report.victims[0].name = "a\n\x1b[2J";
    out << report;
    CHECK(out.str() == "the machine was out of memory: killed pid 5 (a\\x0a\\x1b[2J)");
}
