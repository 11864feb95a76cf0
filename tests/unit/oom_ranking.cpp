#include <heaplings/oom_adjuster/ranking.hpp>

#include "fake_cgroups.hpp"
#include "synthetic_proc.hpp"

#include <heaplings/proc/oom_score.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

using namespace heaplings::literals;
using heaplings::cgroup_version;
using heaplings::memory_cgroup;
using heaplings::process_id;
using heaplings::read_oom_score;

namespace {

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

// A number of pages in kB, as status has it.
int kilobytes(int pages)
{
    return static_cast<int>((pages * heaplings::page_size()).count() / 1024);
}

// A process in a synthetic tree.
void add_process(const synthetic_proc& proc, int pid, std::string_view name, int resident_kb,
                 int adj)
{
    const auto directory = std::filesystem::path{proc.root()} / std::to_string(pid);
    std::filesystem::create_directories(directory);
    const std::string id = std::to_string(pid);
    std::ofstream{directory / "status"}
        << "Name:\t" << name << "\nState:\tS (sleeping)\nTgid:\t" << id << "\nPid:\t" << id
        << "\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t" << resident_kb
        << " kB\nVmPTE:\t0 kB\nVmSwap:\t0 kB\nThreads:\t1\n";
    std::ofstream{directory / "oom_score_adj"} << adj << '\n';
}

void add_meminfo(const synthetic_proc& proc, heaplings::bytes total)
{
    std::ofstream{proc.root() + "/meminfo"}
        << "MemTotal:  " << total.count() / 1024 / 2 << " kB\nMemFree:  0 kB\nBuffers: 0 kB\n"
        << "Cached:  0 kB\nSwapTotal:  " << total.count() / 1024 / 2 << " kB\nSwapFree:  0 kB\n";
}

} // namespace

TEST_SUITE_BEGIN("oom_adjuster");

TEST_CASE("the greatest badness is the next victim, and the words say why")
{
    const synthetic_proc proc;
    std::filesystem::remove(proc.directory());
    add_meminfo(proc, 100'000 * heaplings::page_size());
    add_process(proc, 10, "big", kilobytes(30'000), 0);
    add_process(proc, 11, "volunteer", kilobytes(100), 300);
    add_process(proc, 12, "protected", kilobytes(50'000), -400);
    add_process(proc, 13, "exempt", kilobytes(90'000), -1000);
    add_process(proc, 14, "twin", kilobytes(30'000), 0);
    std::filesystem::create_directory(proc.root() + "/15"); // cannot be read

    const auto ranking = heaplings::rank_by_oom_badness(proc.root());
    REQUIRE(ranking.candidates.size() == 4);
    CHECK(ranking.candidates[0].pid == 11);
    CHECK(ranking.candidates[1].pid == 14);
    CHECK(ranking.candidates[2].pid == 10);
    CHECK(ranking.candidates[3].pid == 12);
    CHECK(ranking.next_victim() == &ranking.candidates[0]);
    CHECK(ranking.exempt == 1);
    CHECK(ranking.unreadable == 1);

    const std::string why = explain_next_victim(ranking);
    CAPTURE(why);
    CHECK(why.starts_with("next victim: pid 11 (volunteer), badness 30100 pages of 100000\n"
                          "it has 100 pages (resident "));
    CHECK(contains(why, "oom_score_adj 300 counts as 30000 pages more\n"
                        "next in line: pid 14 (twin), badness 30000 pages\n"));
    CHECK(contains(why, "by its size alone it would be pid 12 (protected) with 50000 pages"));
    CHECK(why.ends_with("not considered: 1 processes that may not be read\n"));
}

TEST_CASE("a machine where all are exempt has no next victim")
{
    const synthetic_proc proc;
    std::filesystem::remove(proc.directory());
    add_meminfo(proc, 1_GiB);
    add_process(proc, 13, "exempt", 4, -1000);
    const auto ranking = heaplings::rank_by_oom_badness(proc.root());
    CHECK(ranking.next_victim() == nullptr);
    CHECK(explain_next_victim(ranking) == "no process may be killed: the kernel would panic\n");
}

TEST_CASE("it is told who would be next by size alone, where adj decides")
{
    const synthetic_proc proc;
    std::filesystem::remove(proc.directory());
    add_meminfo(proc, 100'000 * heaplings::page_size());
    add_process(proc, 10, "big", kilobytes(30'000), -200);
    add_process(proc, 11, "small", kilobytes(20'000), 0);
    CHECK(contains(explain_next_victim(heaplings::rank_by_oom_badness(proc.root())),
                   "by its size alone it would be pid 10 (big) with 30000 pages and "
                   "oom_score_adj -200\n"));
    add_process(proc, 10, "big", kilobytes(30'000), 0);
    CHECK_FALSE(contains(explain_next_victim(heaplings::rank_by_oom_badness(proc.root())),
                         "by its size alone"));
}

TEST_CASE("under a cgroup's limit only its processes count, and adj weighs less")
{
    const fake_cgroups fake{"cgroup2", "/"};
    const synthetic_proc& proc = fake.proc();
    std::filesystem::remove(proc.directory());
    add_meminfo(proc, 100'000 * heaplings::page_size());
    add_process(proc, 10, "outside", kilobytes(50'000), 0);
    add_process(proc, 11, "volunteer", kilobytes(2'000), 10);
    add_process(proc, 12, "big", kilobytes(2'500), 0);
    add_process(proc, 13, "below", kilobytes(1'000), 0);
    fake.write("/a", "cgroup.procs", "11\n12\n0\n");
    fake.write("/a/b", "cgroup.procs", "13\n");
    proc.write_system("sys/vm/swappiness", "0\n");
    const memory_cgroup cgroup{cgroup_version::v2, fake.directory("/a"), fake.mount_point()};
    CHECK_FALSE(heaplings::rank_by_oom_badness(cgroup, proc.root()));
    fake.write("/a", "memory.max",
               std::to_string((10'000 * heaplings::page_size()).count()) + "\n");

    // For the machine 10 thousandths are 1000 pages, for the cgroup 100.
    CHECK(heaplings::rank_by_oom_badness(proc.root()).candidates[1].pid == 11);
    const auto ranking = heaplings::rank_by_oom_badness(cgroup, proc.root());
    REQUIRE(ranking);
    REQUIRE(ranking->candidates.size() == 3);
    CHECK(ranking->candidates[0].pid == 12);
    CHECK(ranking->candidates[1].pid == 11);
    CHECK(ranking->candidates[1].prediction.badness == 2'100);
    CHECK(ranking->candidates[2].pid == 13);
    CHECK(ranking->unreadable == 1);
    CHECK(explain_next_victim(*ranking).starts_with("next victim in " + fake.directory("/a") +
                                                    ": pid 12 (big), badness 2500 pages of "
                                                    "10000\n"));
}

TEST_CASE("the next victim of this machine has as great a score as any")
{
    heaplings::oom_ranking ranking;
    int victims_score = 0;
    int greatest = 0;
    // Processes come and go between the readings, those of other tests with the greatest score.
    for (int attempt = 0; attempt < 100; ++attempt) {
        ranking = heaplings::rank_by_oom_badness();
        REQUIRE(ranking.next_victim() != nullptr);
        victims_score = read_oom_score(process_id{ranking.next_victim()->pid}).value_or(-1);
        greatest = 0;
        heaplings::detail::pid_entries pids{"/proc"};
        while (const auto pid = pids.next()) {
            greatest = std::max(greatest, read_oom_score(process_id{*pid}).value_or(0));
        }
        if (victims_score == greatest) break;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    CHECK(victims_score == greatest);
    MESSAGE(explain_next_victim(ranking));
}

TEST_SUITE_END();
