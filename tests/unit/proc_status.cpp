#include <heaplings/proc/status.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

using namespace heaplings::literals;
using heaplings::parse_error;
using heaplings::process_id;
using heaplings::read_status;

namespace {

// What every status has, then `more`.
std::string status_with(std::string_view more, std::string_view name = "a name")
{
    std::string text{"Name:\t"};
    text.append(name).append("\nState:\tS (sleeping)\nTgid:\t7\nPid:\t8\nPPid:\t1\n"
                             "Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t4294967295\nThreads:\t3\n");
    return text.append(more);
}

} // namespace

TEST_SUITE_BEGIN("proc/status");

TEST_CASE("each line goes to its field, kB become bytes")
{
    const synthetic_proc proc;
    proc.copy("status", "weird");
    const auto s = read_status(proc.process, proc.root());
    REQUIRE(s);
    CHECK(s->state == 'S');
    CHECK(s->thread_group == 85);
    CHECK(s->pid == 85);
    CHECK(s->parent == 1);
    CHECK(s->threads == 1);
    CHECK(s->peak_size == 13532_KiB);
    CHECK(s->size == 13532_KiB);
    CHECK(s->locked == 0_B);
    CHECK(s->pinned == 0_B);
    CHECK(s->peak_resident == 12496_KiB);
    CHECK(s->resident == 12496_KiB);
    CHECK(s->anonymous == 12168_KiB);
    CHECK(s->file == 0_B);
    CHECK(s->shared_memory == 328_KiB);
    CHECK(s->data == 12460_KiB);
    CHECK(s->stack == 132_KiB);
    CHECK(s->text == 680_KiB);
    CHECK(s->libraries == 8_KiB);
    CHECK(s->page_tables == 68_KiB);
    CHECK(s->swapped == 0_B);
    CHECK(s->huge_pages == 0_B);
    CHECK(s->effective_capabilities == 0x1ffffffffffU);
    CHECK(s->voluntary_context_switches == 1U);
    CHECK(s->involuntary_context_switches == 7U);
    CHECK_FALSE(s->kernel_thread); // a kernel older than the line

    proc.write("status", status_with("Kthread:\t1\n"));
    const auto other = read_status(proc.process, proc.root());
    REQUIRE(other);
    CHECK(other->thread_group == 7);
    CHECK(other->pid == 8);
    CHECK(other->uid.real == 1);
    CHECK(other->uid.effective == 2);
    CHECK(other->uid.saved == 3);
    CHECK(other->uid.file_system == 4);
    CHECK(other->gid.real == 5);
    CHECK(other->gid.file_system == 4294967295U);
    CHECK(other->kernel_thread == true);
}

TEST_CASE("a newer kernel's status has lines that an older one lacks, and is read to its end")
{
    const synthetic_proc proc;
    proc.copy("status", "linux_6_18");
    const auto s = read_status(proc.process, proc.root());
    REQUIRE(s);
    CHECK(s->name == "cp");
    CHECK(s->state == 'R');
    CHECK(s->kernel_thread == false);
    CHECK(s->resident == 2168_KiB);
    CHECK(s->involuntary_context_switches);
}

TEST_CASE("a name is what the process chose, no longer escaped")
{
    const synthetic_proc proc;
    proc.copy("status", "weird");
    CHECK(read_status(proc.process, proc.root())->name == "we(ird) \n n");

    const std::string longest(64, 'x');
    struct escaped_name
    {
        std::string text;
        std::string name;
    };
    for (const escaped_name& escaped : {escaped_name{"", ""},
                                        {"  two ", "  two "},
                                        {"a\\\\n", "a\\n"},
                                        {"\\n\\n", "\n\n"},
                                        {"Pid:\t9", "Pid:\t9"},
                                        {"\tx", "\tx"},
                                        {longest, longest}}) {
        CAPTURE(escaped.text);
        proc.write("status", status_with("", escaped.text));
        CHECK(read_status(proc.process, proc.root())->name == escaped.name);
    }
    for (const std::string& wrong : {std::string{"a\\"}, std::string{"a\\t"}, longest + "x"}) {
        CAPTURE(wrong);
        proc.write("status", status_with("", wrong));
        CHECK_THROWS_AS(static_cast<void>(read_status(proc.process, proc.root())), parse_error);
    }
}

TEST_CASE("kernel threads, zombies and exited leaders have no sizes")
{
    const synthetic_proc proc;
    for (const std::string capture : {"kthread", "zombie", "leadergone"}) {
        CAPTURE(capture);
        proc.copy("status", capture);
        const auto s = read_status(proc.process, proc.root());
        REQUIRE(s);
        CHECK_FALSE(s->resident);
        CHECK_FALSE(s->page_tables);
        CHECK((s->state == 'Z') == (capture != "kthread"));
        CHECK(s->threads == (capture == "leadergone" ? 2 : 1));
    }
    proc.copy("status", "thread"); // of the exited leader
    const auto s = read_status(proc.process, proc.root());
    REQUIRE(s);
    CHECK(s->thread_group == 88);
    CHECK(s->pid == 89);
    CHECK(s->resident == 66404_KiB);
}

TEST_CASE("a status of 460 KB is read to its end")
{
    const synthetic_proc proc;
    std::string groups{"Groups:\t"};
    for (int group = 4'000'000; groups.size() < 460'000; ++group) {
        groups.append(std::to_string(group)) += ' ';
    }
    proc.write("status", status_with(groups + "\nVmRSS:\t     123 kB\n"));
    const auto s = read_status(proc.process, proc.root());
    REQUIRE(s);
    CHECK(s->resident == 123_KiB);
    CHECK(s->name == "a name");
}

TEST_CASE("a live process in 65,536 groups is read to the end of its status")
{
    enum exit_code { read_all, cut, refused };
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::vector<gid_t> groups(65'536);
        std::iota(groups.begin(), groups.end(), 4'000'000);
        if (setgroups(groups.size(), groups.data()) != 0) _exit(refused);
        const auto s = read_status();
        _exit(s && s->resident > 0_B && s->involuntary_context_switches ? read_all : cut);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == refused) {
        MESSAGE("skipped: this process may not call setgroups");
        return;
    }
    CHECK(WEXITSTATUS(status) == read_all);
}

TEST_CASE("the greatest values are read in full, greater ones are refused")
{
    const synthetic_proc proc;
    proc.write("status", status_with("VmSize:\t9007199254740991 kB\n"
                                     "voluntary_ctxt_switches:\t18446744073709551615\n"));
    const auto s = read_status(proc.process, proc.root());
    REQUIRE(s);
    CHECK(s->size == 9007199254740991 * 1_KiB);
    CHECK(s->voluntary_context_switches == 18446744073709551615U);
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string line : {"",
                                   "no colon",
                                   "VmRSS:\t     123 MB",
                                   "VmRSS:\t     123",
                                   "VmRSS:\t",
                                   "VmRSS:\t  -1 kB",
                                   "VmRSS:\tx kB",
                                   "VmRSS:\t9007199254740992 kB",
                                   "VmRSS:\t18446744073709551616 kB",
                                   "VmRSS:\t1 kB ",
                                   "Pid:\t2147483648",
                                   "Pid:\t-1",
                                   "Pid:\t8",
                                   "Uid:\t1\t2\t3",
                                   "Uid:\t1\t2\t3\t4\t5",
                                   "Gid:\t1 2 3 4",
                                   "State:\t",
                                   "Threads:\tmany",
                                   "CapEff:\tz",
                                   "Kthread:\t2",
                                   "voluntary_ctxt_switches:\t18446744073709551616"}) {
        CAPTURE(line);
        proc.write("status", status_with(line + "\nVmSwap:\t0 kB\n"));
        try {
            static_cast<void>(read_status(proc.process, proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "status").native());
            CHECK(error.line() == 9);
            CHECK(error.text() == line);
        }
    }
}

TEST_CASE("a status without what all processes have, or broken off, is an error")
{
    const synthetic_proc proc;
    for (const std::string& text : {std::string{}, std::string{"Name:\ta\n"},
                                    status_with("VmRSS:\t   12 kB"), status_with("Pid:\t8\n")}) {
        CAPTURE(text);
        proc.write("status", text);
        CHECK_THROWS_AS(static_cast<void>(read_status(proc.process, proc.root())), parse_error);
    }
}

TEST_CASE("what is unknown is ignored")
{
    const synthetic_proc proc;
    proc.write("status", status_with("Untag_mask:\t0xffffffffffffffff\nNew\tthing:\nVmNew:\t1 GB\n"
                                     "VmRSS:\t4 kB\n"));
    CHECK(read_status(proc.process, proc.root())->resident == 4_KiB);
}

TEST_CASE("this process and its threads have a status")
{
    const auto s = read_status();
    REQUIRE(s);
    CHECK(s->pid == getpid());
    CHECK(s->thread_group == getpid());
    CHECK(s->parent == getppid());
    CHECK(s->uid.effective == geteuid());
    CHECK(s->resident > 0_B);
    CHECK(s->size >= s->resident);

    std::optional<heaplings::status> of_thread;
    pid_t thread = 0;
    std::thread{[&] {
        thread = gettid();
        prctl(PR_SET_NAME, "a\\b\n(c) ");
        of_thread = read_status(process_id{thread});
    }}.join();
    REQUIRE(of_thread);
    CHECK(of_thread->pid == thread);
    CHECK(of_thread->thread_group == getpid());
    CHECK(of_thread->threads >= 2);
    CHECK(of_thread->name == "a\\b\n(c) ");
}

TEST_CASE("a zombie has a status until it is waited for")
{
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(0);
    siginfo_t info;
    REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
    const auto zombie = read_status(process_id{child});
    REQUIRE(zombie);
    CHECK(zombie->state == 'Z');
    CHECK_FALSE(zombie->resident);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    CHECK_FALSE(read_status(process_id{child}));
}

TEST_CASE("a mount that does not exist is an error, not a process that is gone")
{
    CHECK_THROWS_AS(static_cast<void>(read_status(process_id{1}, "/no/such/mount")),
                    std::system_error);
}

TEST_SUITE_END();
