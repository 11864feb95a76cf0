// Files of /proc that are kept open and read again and again.
#include <heaplings/proc_reader.hpp>

#include "synthetic_proc.hpp"
#include "waiting_child.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <sys/wait.h>

using namespace heaplings;

namespace {

// What this process has in RAM, by each of the files.
struct resident_sizes
{
    bytes stat;
    bytes statm;
    bytes status;
    bytes smaps_rollup;
};

class files
{
public:
    explicit files(process_id process = this_process)
        : stat_{process}, statm_{process}, status_{process}, smaps_rollup_{process}
    {
    }

    [[nodiscard]] resident_sizes read()
    {
        const auto stat = stat_.read();
        const auto statm = statm_.read();
        const auto status = status_.read();
        const auto rollup = smaps_rollup_.read();
        REQUIRE((stat && statm && status && status->resident && rollup));
        return {stat->resident, statm->resident, *status->resident, rollup->resident};
    }
    void check_gone()
    {
        CHECK_FALSE(stat_.read());
        CHECK_FALSE(statm_.read());
        CHECK_FALSE(status_.read());
        CHECK_FALSE(smaps_rollup_.read());
    }
    [[nodiscard]] std::optional<process_stat> stat() { return stat_.read(); }

private:
    stat_file stat_;
    statm_file statm_;
    status_file status_;
    smaps_rollup_file smaps_rollup_;
};

} // namespace

TEST_SUITE_BEGIN("proc/kept open");

TEST_CASE("each read tells what is so now")
{
    constexpr bytes size = 64_MiB;
    files kept;
    const auto before = kept.read();
    void* const memory = mmap(nullptr, static_cast<std::size_t>(size.count()),
                              PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    std::memset(memory, 1, static_cast<std::size_t>(size.count()));
    const auto touched = kept.read();
    munmap(memory, static_cast<std::size_t>(size.count()));
    const auto after = kept.read();

    const auto check = [&](bytes resident_sizes::*resident) {
        CHECK(touched.*resident - before.*resident > size / 2);
        CHECK(touched.*resident - after.*resident > size / 2);
    };
    check(&resident_sizes::stat);
    check(&resident_sizes::statm);
    check(&resident_sizes::status);
    check(&resident_sizes::smaps_rollup);
}

TEST_CASE("a process that ends is a zombie first, then gone, and stays so")
{
    waiting_child child;
    files kept{child.id()};
    CHECK(kept.read().statm > bytes{0});
    ::kill(child.id().pid(), SIGKILL);
    siginfo_t info;
    REQUIRE(waitid(P_PID, static_cast<id_t>(child.id().pid()), &info, WEXITED | WNOWAIT) == 0);
    const auto zombie = kept.stat();
    REQUIRE(zombie);
    CHECK(zombie->kind() == process_kind::zombie);
    child.kill_and_wait();
    kept.check_gone();
    kept.check_gone();
    files{child.id()}.check_gone();
}

TEST_CASE("a file may become longer or shorter between two reads, and malformed")
{
    const synthetic_proc proc;
    const std::string required = "MemTotal: 4 kB\nMemFree: 3 kB\nBuffers: 0 kB\nCached: 0 kB\n"
                                 "SwapTotal: 0 kB\nSwapFree: 0 kB\n";
    proc.write_system("meminfo", required);
    meminfo_file file{proc.root()};
    CHECK(file.read().dirty == std::nullopt);
    proc.write_system("meminfo",
                      "Other: " + std::string(9000, 'x') + "\n" + required + "Dirty: 2 kB\n");
    CHECK(file.read().dirty == 2_KiB);
    proc.write_system("meminfo", required);
    CHECK(file.read().dirty == std::nullopt);
    proc.write_system("meminfo", "MemTotal: 4 kB\nMemFree: 3\n");
    CHECK_THROWS_WITH_AS(static_cast<void>(file.read()),
                         doctest::Contains("meminfo:2: expected  kB"), parse_error);
    proc.write_system("meminfo", required);
    CHECK(file.read().total == 4_KiB);
}

TEST_SUITE_END();
