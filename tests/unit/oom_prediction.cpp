#include <heaplings/oom_adjuster/prediction.hpp>

#include "fake_cgroups.hpp"
#include "synthetic_proc.hpp"
#include "waiting_child.hpp"

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/proc/oom_score.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

using namespace heaplings::literals;
using heaplings::cgroup_version;
using heaplings::memory_cgroup;
using heaplings::oom_exemption;
using heaplings::oom_machine;
using heaplings::oom_score;
using heaplings::predict_oom_score;
using heaplings::process_id;
using heaplings::read_oom_machine;
using heaplings::read_oom_score;
using heaplings::read_oom_score_adj;
using heaplings::read_status;
using heaplings::write_oom_score_adj;

namespace {

// The machine on which tests/data/proc was recorded: 480,044 kB of RAM, no swap, pages of 4 KiB.
constexpr oom_machine recorded_machine{480'044 / 4, true};

// A process whose parent is `parent`.
std::optional<pid_t> child_of(process_id parent)
{
    heaplings::detail::pid_entries pids{"/proc"};
    while (const auto pid = pids.next()) {
        const auto s = read_status(process_id{*pid});
        if (s && s->parent == parent.pid()) return pid;
    }
    return std::nullopt;
}

// Whether the process waits without heeding signals, as vfork(2) lets the parent wait.
bool waits_in_vfork(process_id process)
{
    const auto s = read_status(process);
    return s && s->state == 'D';
}

} // namespace

TEST_SUITE_BEGIN("oom_adjuster");

TEST_CASE("the scores of recorded processes are predicted exactly")
{
    if (heaplings::page_size() != 4_KiB) {
        MESSAGE("skipped: recorded with pages of 4 KiB");
        return;
    }
    const synthetic_proc proc;
    for (const std::string capture : {"weird", "huge", "init", "kthread", "zombie"}) {
        CAPTURE(capture);
        for (const std::string_view file : {"status", "oom_score", "oom_score_adj"}) {
            proc.copy(file, capture);
        }
        const auto p = predict_oom_score(proc.process, recorded_machine, proc.root());
        REQUIRE(p);
        CHECK(p->score == read_oom_score(proc.process, proc.root()));
        CHECK(p->exemption == (capture == "init"      ? oom_exemption::init
                               : capture == "kthread" ? oom_exemption::kernel_thread
                               : capture == "zombie"  ? oom_exemption::exited
                                                      : oom_exemption::none));
    }
    proc.copy("status", "init");
    const auto containers_init =
        predict_oom_score(proc.process, {recorded_machine.total_pages, false}, proc.root());
    REQUIRE(containers_init);
    CHECK(containers_init->score > 0);
}

TEST_CASE("pages in RAM, in swap and of page tables count, those of hugetlb do not")
{
    const synthetic_proc proc;
    const auto page_kb = heaplings::page_size() / 1_KiB;
    const auto kilobytes = [&](int pages) { return std::to_string(pages * page_kb) + " kB\n"; };
    proc.write("status", "Name:\ta\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nPPid:\t1\n"
                         "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t" +
                             kilobytes(100) + "VmPTE:\t" + kilobytes(20) + "VmSwap:\t" +
                             kilobytes(3) + "HugetlbPages:\t" + kilobytes(5000) + "Threads:\t1\n");
    proc.write("oom_score_adj", "-2\n");
    const auto p = predict_oom_score(proc.process, {10'999, true}, proc.root());
    REQUIRE(p);
    CHECK(p->pages() == 123);
    CHECK(p->adj == -2);
    CHECK(p->badness == 103);
    CHECK(p->score == oom_score({123, 10'999}, -2));
}

TEST_CASE("the kernel's version and the process's capabilities change the prediction")
{
    const synthetic_proc proc;
    proc.write("status", "Name:\ta\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nPPid:\t1\n"
                         "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t" +
                             std::to_string(1000 * (heaplings::page_size() / 1_KiB)) +
                             " kB\nThreads:\t1\nCapEff:\t0000000000200000\n");
    proc.write("oom_score_adj", "0\n");
    const auto badness = [&](heaplings::oom_formula formula) {
        return predict_oom_score(proc.process, {10'000, true, formula}, proc.root())->badness;
    };
    CHECK(badness(heaplings::oom_formula::since_5_9) == 1000);
    CHECK(badness(heaplings::oom_formula::before_5_9) == 1000);
    CHECK(badness(heaplings::oom_formula::before_4_17) == 970);
}

TEST_CASE("under a cgroup's limit that limit is the total, with the swap it may have")
{
    const fake_cgroups fake{"cgroup2", "/a"};
    const memory_cgroup cgroup{cgroup_version::v2, fake.directory("/a"), fake.mount_point()};
    const std::string& proc = fake.proc().root();
    fake.proc().write_system("meminfo", "MemTotal: 1048576 kB\nMemFree: 0 kB\nBuffers: 0 kB\n"
                                        "Cached: 0 kB\nSwapTotal: 65536 kB\nSwapFree: 0 kB\n");
    fake.proc().write_system("sys/vm/swappiness", "60\n");
    const auto total = [&] {
        const auto machine = read_oom_machine(cgroup, proc);
        return machine ? machine->total_pages * heaplings::page_size() : -1 * 1_B;
    };
    CHECK(total() == -1 * 1_B); // no limit
    fake.write("/a", "memory.max", std::to_string((128_MiB).count()) + "\n");
    CHECK(total() == 192_MiB); // all the swap there is
    fake.write("/a", "memory.swap.max", std::to_string((16_MiB).count()) + "\n");
    CHECK(total() == 144_MiB);
    fake.write("/a", "memory.swap.max", "0\n");
    CHECK(total() == 128_MiB);
    fake.write("/a", "memory.swap.max", "max\n");
    CHECK(total() == 192_MiB);
    fake.proc().write_system("sys/vm/swappiness", "0\n");
    CHECK(total() == 128_MiB);

    const memory_cgroup v1{cgroup_version::v1, fake.directory("/b"), fake.mount_point()};
    fake.write("/b", "memory.limit_in_bytes", std::to_string((128_MiB).count()) + "\n");
    fake.write("/b", "memory.memsw.limit_in_bytes", std::to_string((160_MiB).count()) + "\n");
    fake.write("/b", "memory.swappiness", "60\n");
    const auto total_of_v1 = [&] {
        return read_oom_machine(v1, proc)->total_pages * heaplings::page_size();
    };
    CHECK(total_of_v1() == 160_MiB);
    fake.write("/b", "memory.swappiness", "0\n");
    CHECK(total_of_v1() == 128_MiB);
}

TEST_CASE("a live thread tells the size of a process whose first thread has exited")
{
    const synthetic_proc proc;
    for (const std::string_view file : {"status", "oom_score", "oom_score_adj"}) {
        proc.copy(file, "leadergone");
    }
    std::filesystem::create_directories(proc.directory() / "task" / "4242");
    std::filesystem::create_directories(proc.directory() / "task" / "4243");
    const std::filesystem::path thread = std::filesystem::path{proc.root()} / "4243";
    std::filesystem::create_directories(thread);
    std::filesystem::copy_file(std::filesystem::path{HEAPLINGS_TEST_DATA} / "proc/thread/status",
                               thread / "status");
    const auto p = predict_oom_score(proc.process, recorded_machine, proc.root());
    REQUIRE(p);
    CHECK(p->resident == 66404_KiB);
    CHECK(p->page_tables == 176_KiB);
    CHECK(p->exemption == oom_exemption::none);
    if (heaplings::page_size() == 4_KiB) {
        CHECK(p->score == read_oom_score(proc.process, proc.root()));
    }
}

TEST_CASE("of this machine's processes 99 % have the score that is predicted")
{
    constexpr int attempts = 5; // memory comes and goes between the readings
    const oom_machine machine = heaplings::read_oom_machine();
    int processes = 0;
    int at_once = 0;
    int exact = 0;
    int in_vfork = 0;
    heaplings::detail::pid_entries pids{"/proc"};
    while (const auto pid = pids.next()) {
        std::optional<int> score;
        std::optional<heaplings::oom_prediction> p;
        int attempt = 0;
        do {
            p = predict_oom_score(process_id{*pid}, machine);
            score = read_oom_score(process_id{*pid});
        } while (p && score && p->score != *score && ++attempt < attempts);
        if (!p || !score) continue;
        ++processes;
        if (attempt == 0) ++at_once;
        if (p->score == *score) {
            ++exact;
            continue;
        }
        const auto s = read_status(process_id{*pid});
        const char* reason = "its memory changes all the time";
        if (*score == 0) reason = "its memory has been reaped";
        if (*score == 0 && s && waits_in_vfork(process_id{s->parent})) {
            reason = "a child of vfork, which can't be predicted";
            ++in_vfork;
        }
        MESSAGE("pid " << *pid << " (" << p->name << "): predicted " << p->score << " from "
                       << p->pages() << " pages and adj " << p->adj << ", the kernel says "
                       << *score << ": " << reason);
    }
    MESSAGE(exact << " of " << processes << " processes exact, " << at_once
                  << " at the first attempt");
    CHECK(processes > 0);
    CHECK((exact + in_vfork) * 100 >= processes * 99);
}

TEST_CASE("a child of vfork that has not called exec scores 0, which can't be predicted")
{
    const waiting_child parent{waiting_child::kind::in_vfork};
    const auto ended = [&] { return read_status(parent.id())->state == 'Z'; };
    std::optional<pid_t> child;
    while (!(child && waits_in_vfork(parent.id())) && !ended()) child = child_of(parent.id());
    REQUIRE(child);
    CHECK(read_oom_score(process_id{*child}) == 0);
    CHECK(predict_oom_score(process_id{*child}, heaplings::read_oom_machine())->score > 0);
    ::kill(*child, SIGKILL);
}

TEST_CASE("each value of adj that may be set has the score that is predicted")
{
    const oom_machine machine = heaplings::read_oom_machine();
    const waiting_child child;
    int values = 0;
    int exact = 0;
    for (int adj = *read_oom_score_adj(child.id()); adj <= heaplings::oom_score_adj_max; ++adj) {
        write_oom_score_adj(adj, child.id());
        const auto p = predict_oom_score(child.id(), machine);
        REQUIRE(p);
        CHECK(p->adj == adj);
        ++values;
        if (p->score == read_oom_score(child.id())) ++exact;
    }
    MESSAGE(exact << " of " << values << " values exact");
    CHECK(exact == values);
}

TEST_CASE("a live process whose first thread has exited is predicted exactly")
{
    const waiting_child child{waiting_child::kind::leader_exited};
    while (read_status(child.id())->state != 'Z') std::this_thread::yield();
    const auto p = predict_oom_score(child.id(), heaplings::read_oom_machine());
    REQUIRE(p);
    CHECK(p->resident > 0_B);
    CHECK(p->score == read_oom_score(child.id()));
}

TEST_SUITE_END();
