// The spec of exercise 1, my_score.
//
// Folders that look like /proc tell what a real one can't be made to show; then real processes are
// rated, and the kernel's own oom_score has the last word.
#include "spec/my_score.hpp"
#include "support/oom_killer.hpp"

#include <doctest/doctest.h>

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/oom_adjuster/formula.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace heaplings::literals;

constexpr pid_t described = 4242;

// What stands in the files of a process and of its machine, in KiB; -1: no such line.
struct description
{
    long resident;
    long swapped = 0;
    long page_tables = 0;
    int adj = 0;
    long memory = 8'000'000;
    long swap = 0;
};

// A folder that looks like /proc, with one process. Its oom_score is a lie.
class written_proc
{
public:
    explicit written_proc(const description& d)
    {
        char name[] = "proc_XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        folder_ = std::filesystem::absolute(name);
        const std::filesystem::path process = folder_ / std::to_string(described);
        std::filesystem::create_directory(process);
        std::ofstream status{process / "status"};
        status << "Name:\tdatabase\nUmask:\t0022\nState:\tS (sleeping)\nPid:\t" << described
               << '\n';
        if (d.resident >= 0) {
            status << "VmPeak:\t  904432 kB\nVmSize:\t  893216 kB\nVmLck:\t       0 kB\n"
                   << "VmHWM:\t  701234 kB\nVmRSS:\t  " << d.resident << " kB\nRssAnon:\t  "
                   << d.resident / 2 << " kB\nVmData:\t  803210 kB\nVmPTE:\t  " << d.page_tables
                   << " kB\nVmSwap:\t  " << d.swapped << " kB\nHugetlbPages:\t  204800 kB\n";
        }
        status << "Threads:\t7\n";
        std::ofstream{process / "oom_score_adj"} << d.adj << '\n';
        std::ofstream{process / "oom_score"} << "4711\n";
        std::ofstream{folder_ / "meminfo"}
            << "MemTotal:       " << d.memory << " kB\nMemFree:          123456 kB\n"
            << "MemAvailable:     234567 kB\nSwapCached:        0 kB\n"
            << "SwapTotal:      " << d.swap << " kB\nSwapFree:       1000 kB\n";
    }
    ~written_proc()
    {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    written_proc(const written_proc&) = delete;
    written_proc& operator=(const written_proc&) = delete;

    [[nodiscard]] std::string path() const { return folder_.string(); }

private:
    std::filesystem::path folder_;
};

long page_kib()
{
    return ::sysconf(_SC_PAGESIZE) / 1024;
}

void check(const description& d)
{
    const written_proc proc{d};
    INFO("VmRSS ", d.resident, " kB, VmSwap ", d.swapped, " kB, VmPTE ", d.page_tables,
         " kB, oom_score_adj ", d.adj, "; MemTotal ", d.memory, " kB, SwapTotal ", d.swap,
         " kB; a page has ", page_kib(), " KiB");
    const long pages = (d.resident + d.swapped + d.page_tables) / page_kib();
    CHECK(my_score(described, proc.path().c_str()) ==
          heaplings::oom_score({pages, (d.memory + d.swap) / page_kib()}, d.adj));
}

void check_real(pid_t pid)
{
    const auto kernels = heaplings::read_oom_score(heaplings::process_id{pid});
    const auto adj = heaplings::read_oom_score_adj(heaplings::process_id{pid});
    REQUIRE(kernels.has_value());
    REQUIRE(adj.has_value());
    INFO("a real process, with oom_score_adj ", *adj);
    CHECK(my_score(pid, "/proc") == *kernels);
}

// Another adj than this process has, if the kernel allows it.
void offer(int adj)
{
    try {
        heaplings::write_oom_score_adj(adj);
    } catch (const std::system_error&) { // then it is rated with the one it has
    }
}

} // namespace

TEST_CASE("without pages the score is 666, with the whole machine's it is 1333")
{
    CHECK(oom_score(0, 1'000'000, 0) == 666);
    CHECK(oom_score(1'000'000, 1'000'000, 0) == 1333);
    CHECK(oom_score(500'000, 1'000'000, 0) == 1000);
    CHECK(oom_score(1'000, 1'000'000, 0) == 667);
}

TEST_CASE("each unit of adj counts as a thousandth of the machine's memory")
{
    CHECK(oom_score(0, 1'000'000, 1000) == 1333);
    CHECK(oom_score(0, 1'000'000, 300) == 866);
    CHECK(oom_score(200'000, 1'000'000, -200) == 666);
    CHECK(oom_score(0, 1'000'000, -300) == 466);
    CHECK(oom_score(0, 1'000'000, -998) == 1);
    CHECK(oom_score(600'000, 1'000'000, 1000) == 1733);
}

TEST_CASE("the divisions come in the kernel's order, and each drops what is behind the point")
{
    INFO("a machine of 5311 pages: a thousandth of it is rounded to 5");
    CHECK(oom_score(0, 5311, 500) == 980);
    CHECK(oom_score(0, 5311, 1000) == 1294);
    CHECK(oom_score(77, 5311, -500) == 362);
    CHECK(oom_score(1, 5311, 0) == 666);
    CHECK(oom_score(11, 5311, 0) == 668);
    CHECK(oom_score(0, 999, 1000) == 666);
}

TEST_CASE("adj -1000 exempts a process, however large it is")
{
    CHECK(oom_score(900'000, 1'000'000, -1000) == 0);
    CHECK(oom_score(5311, 5311, -1000) == 0);
    CHECK(oom_score(900'000, 1'000'000, -999) > 0);
}

TEST_CASE("a large machine's numbers fit")
{
    INFO("12 TiB in pages of 4 KiB");
    const long total = 12L << 28;
    CHECK(oom_score(total / 2, total, 0) == 1000);
    CHECK(oom_score(total / 2, total, 500) == heaplings::oom_score({total / 2, total}, 500));
}

TEST_CASE("pages in memory, in swap and of page tables count, in pages rather than KiB")
{
    check({.resident = 1'000'000});
    check({.resident = 400'000, .swapped = 1'600'000});
    check({.resident = 400'000, .swapped = 0, .page_tables = 160'000});
    check({.resident = 1'200'000, .swapped = 400'000, .page_tables = 48'000, .adj = 250});
    check({.resident = 1'200'000, .swapped = 400'000, .page_tables = 48'000, .adj = -250});
}

TEST_CASE("the machine's memory is RAM and swap together")
{
    check({.resident = 2'000'000, .memory = 4'000'000, .swap = 12'000'000});
    check({.resident = 2'000'000, .adj = 500, .memory = 4'000'000, .swap = 1'000'000});
}

TEST_CASE("a process without memory of its own scores 0")
{
    const written_proc proc{{.resident = -1, .adj = 500}};
    CHECK(my_score(described, proc.path().c_str()) == 0);
}

TEST_CASE("there is no score for a process that is not there")
{
    const written_proc proc{{.resident = 1000}};
    CHECK(my_score(described + 1, proc.path().c_str()) == -1);
}

TEST_CASE("the kernel itself rates real processes so")
{
    const support::stopped_child small{[] {}};
    check_real(small.pid());
    const support::stopped_child large{[] {
        support::occupy(96_MiB);
        // Addresses alone, without pages: 4 GiB of them.
        ::mmap(nullptr, std::size_t{4} << 30, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }};
    check_real(large.pid());
    const support::stopped_child offered{[] {
        support::occupy(32_MiB);
        offer(300);
    }};
    check_real(offered.pid());
    MESSAGE("oom_score of a small process: ",
            heaplings::read_oom_score(heaplings::process_id{small.pid()}).value_or(-1),
            "; of one with 96 MiB: ",
            heaplings::read_oom_score(heaplings::process_id{large.pid()}).value_or(-1));
}
