// The same report in every text form gives equal values.
#include <heaplings/kernel_log.hpp>

#include "kernel_log_texts.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using heaplings::bytes;
using heaplings::oom_report;
using heaplings::read_oom_reports;
using kernel_log_texts::record;
using kernel_log_texts::records;

namespace {

constexpr bytes page{4096};

// The reports in `text` without what differs by form: the places of lines, the time.
std::vector<oom_report> reports_in(std::string_view text)
{
    auto log = read_oom_reports(text, page);
    CHECK(log.unread.empty());
    for (oom_report& report : log.reports) {
        report.first_line = report.last_line = 0;
        report.since_boot.reset();
    }
    return log.reports;
}

records records_of(std::string_view file)
{
    return kernel_log_texts::records_of(
        kernel_log_texts::read_file(kernel_log_texts::recorded(file)));
}

} // namespace

TEST_CASE("every text form of a recorded report gives equal values")
{
    for (const char* const file :
         {"vm_6.1.0_global_kmsg.txt", "vm_6.1.0_memcg_kmsg.txt", "vm_6.1.0_oomgroup_kmsg.txt",
          "vm_6.1.0_sysrq_kmsg.txt", "vm_6.1.0_alloc_kmsg.txt", "vm_6.1.0_nokillable_kmsg.txt",
          "host_6.18_memcgv1_paren_kmsg.txt"}) {
        const records all = records_of(file);
        const auto expected = reports_in(kernel_log_texts::as_kmsg(all));
        REQUIRE(!expected.empty());
        for (const auto& form : kernel_log_texts::all_forms()) {
            CAPTURE(file);
            CAPTURE(form.name);
            const auto reports = reports_in(form.text(all));
            REQUIRE(reports.size() == expected.size());
            for (std::size_t i = 0; i < reports.size(); ++i) CHECK(reports[i] == expected[i]);
        }
    }
}

TEST_CASE("the time since boot is read where the form has it")
{
    const records all{{3, 3'771'549'713, "Out of memory: Killed process 5 (a) total-vm:4kB"}};
    const auto time = std::chrono::microseconds{3'771'549'713};
    CHECK(read_oom_reports(kernel_log_texts::as_kmsg(all)).reports.at(0).since_boot == time);
    for (const auto& form : kernel_log_texts::forms_with_heads()) {
        CAPTURE(form.name);
        const auto reports = read_oom_reports(form.text(all)).reports;
        REQUIRE(reports.size() == 1);
        const bool has_time = form.text(all).find("3771.549713") != std::string::npos;
        CHECK(reports[0].since_boot == (has_time ? std::optional{time} : std::nullopt));
    }
}

TEST_CASE("lines are counted from 1 in the whole text")
{
    const auto log = read_oom_reports("first\n\n"
                                      "[    1.000000] Out of memory: Killed process 5 (a) "
                                      "total-vm:4kB\n"
                                      "[    1.100000] oom_reaper: reaped process 5 (a), now "
                                      "anon-rss:0kB\n"
                                      "[    1.200000] oom_reaper: reaped process 6 (b), now "
                                      "anon-rss:0kB\n");
    REQUIRE(log.reports.size() == 1);
    CHECK(log.reports[0].first_line == 3);
    CHECK(log.reports[0].last_line == 4);
    REQUIRE(log.unread.size() == 1);
    CHECK(log.unread[0].line == 5);
    CHECK(log.unread[0].why == "what it belongs to is missing");
}

TEST_CASE("what a program wrote is not taken for the kernel's")
{
    const std::string kill = "Out of memory: Killed process 5 (a) total-vm:4kB\n";
    for (const char* const head :
         {"12,100,3771549713,-;", "user  :warn  : [ 3771.549713] ", "<12>[ 3771.549713] ",
          "Nov 23 07:18:41 box systemd[1]: ", "2026-11-23T07:18:41+0000 box app[12]: ",
          "Nov 23 07:18:41 box app: kernel: "}) {
        CAPTURE(head);
        CHECK(read_oom_reports(head + kill).reports.empty());
    }
    // Nor is the second line of what it wrote.
    CHECK(read_oom_reports("Nov 23 07:18:41 box app[12]: first\n"
                           "                             " +
                           kill)
              .reports.empty());
    // The programs' lines before and between the kernel's do not divide a report.
    CHECK(read_oom_reports("[    0.000001] box systemd[1]: Started a.service\n"
                           "[    1.000000] box kernel: a invoked oom-killer: gfp_mask=0xcc0, "
                           "order=0, oom_score_adj=0\n"
                           "[    1.000001] box systemd[1]: a.service: A process was killed\n"
                           "[    1.000002] box kernel: " +
                           kill)
              .reports.size() == 1);
}

TEST_CASE("pieces of a message in /dev/kmsg of Linux before 4.10 are put together")
{
    const auto log = read_oom_reports(
        "4,10,100,-;a invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n"
        "6,11,101,c;Task in /job\n"
        "6,12,101,+; killed as a result of limit of \n"
        "6,13,101,+;/job\n"
        "3,14,102,-;Memory cgroup out of memory: Kill process 5 (a) score 9 or sacrifice child\n"
        "3,15,102,-;Killed process 5 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n",
        page);
    REQUIRE(log.reports.size() == 1);
    CHECK(log.reports[0].oom_cgroup == "/job");
    CHECK(log.reports[0].task_cgroup == "/job");
    CHECK(log.reports[0].last_line == 6);
    CHECK(log.unread.empty());
}

TEST_CASE("what journalctl hides is told, with the way to see it")
{
    const auto log =
        read_oom_reports("Nov 23 07:18:41 box kernel: a invoked oom-killer: gfp_mask=0xcc0, "
                         "order=0, oom_score_adj=0\n"
                         "Nov 23 07:18:41 box kernel: [152B blob data]\n");
    REQUIRE(log.unread.size() == 1);
    CHECK(log.unread[0].line == 2);
    CHECK(log.unread[0].why == "hidden by journalctl: use its option --all");
}
