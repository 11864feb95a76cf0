#include <heaplings/proc/meminfo.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <string>
#include <string_view>
#include <system_error>

using namespace heaplings::literals;
using heaplings::page_size;
using heaplings::parse_error;
using heaplings::read_meminfo;

namespace {

// What every meminfo has, then `more`.
std::string meminfo_with(std::string_view more)
{
    std::string text{"MemTotal:  100 kB\nMemFree:  50 kB\nBuffers: 1 kB\nCached:   2 kB\n"
                     "SwapTotal:  30 kB\nSwapFree:  20 kB\n"};
    return text.append(more);
}

} // namespace

TEST_SUITE_BEGIN("proc/meminfo");

TEST_CASE("each line of a recorded file goes to its field")
{
    const auto m = read_meminfo(HEAPLINGS_TEST_DATA "/proc/system");
    CHECK(m.total == 480044_KiB);
    CHECK(m.free == 357092_KiB);
    CHECK(m.available == 356928_KiB);
    CHECK(m.buffers == 0_B);
    CHECK(m.cached == 1312_KiB);
    CHECK(m.swap_cached == 0_B);
    CHECK(m.active == 272_KiB);
    CHECK(m.inactive == 80116_KiB);
    CHECK(m.unevictable == 0_B);
    CHECK(m.locked == 0_B);
    CHECK(m.swap_total == 0_B);
    CHECK(m.swap_free == 0_B);
    CHECK(m.dirty == 0_B);
    CHECK(m.writeback == 0_B);
    CHECK(m.anonymous == 79104_KiB);
    CHECK(m.mapped == 956_KiB);
    CHECK(m.shared_memory == 1312_KiB);
    CHECK(m.slab == 15576_KiB);
    CHECK(m.slab_reclaimable == 9132_KiB);
    CHECK(m.slab_unreclaimable == 6444_KiB);
    CHECK(m.kernel_stacks == 896_KiB);
    CHECK(m.page_tables == 304_KiB);
    CHECK(m.commit_limit == 231828_KiB);
    CHECK(m.committed == 10912_KiB);
    CHECK(m.transparent_huge == 0_B);
    CHECK(m.huge_pages_total == 8U);
    CHECK(m.huge_pages_free == 4U);
    CHECK(m.huge_page_size == 2_MiB);
}

TEST_CASE("what a kernel does not have is absent and what is unknown is ignored")
{
    const synthetic_proc proc;
    proc.write_system("meminfo", meminfo_with("Quantum:  7 qubits\n"));
    const auto m = read_meminfo(proc.root());
    CHECK(m.total == 100_KiB);
    CHECK(m.swap_total == 30_KiB);
    CHECK(m.swap_free == 20_KiB);
    CHECK_FALSE(m.available);
    CHECK_FALSE(m.huge_pages_total);
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string line :
         {"", "no colon", "MemTotal:  100 kB", "MemAvailable:  1 MB", "MemAvailable:  1",
          "MemAvailable:", "MemAvailable:  -1 kB", "HugePages_Total:  8 kB",
          "MemAvailable:  9007199254740992 kB"}) {
        CAPTURE(line);
        proc.write_system("meminfo", meminfo_with(line + "\n"));
        try {
            static_cast<void>(read_meminfo(proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == proc.root() + "/meminfo");
            CHECK(error.line() == 7);
            CHECK(error.text() == line);
        }
    }
}

TEST_CASE("a file that is incomplete, broken off or endless is an error")
{
    const synthetic_proc proc;
    for (const std::string& text :
         {std::string{}, std::string{"MemTotal: 100 kB\n"}, meminfo_with("Dirty:  1 kB"),
          meminfo_with(std::string(100'000, 'x') + "\n")}) {
        proc.write_system("meminfo", text);
        CHECK_THROWS_AS(static_cast<void>(read_meminfo(proc.root())), parse_error);
    }
    CHECK_THROWS_AS(static_cast<void>(read_meminfo("/no/such/mount")), std::system_error);
    CHECK_THROWS_AS(static_cast<void>(read_meminfo(std::string(5000, 'x'))), std::system_error);
}

TEST_CASE("this machine has the memory that sysconf counts")
{
    const auto m = read_meminfo();
    CHECK(m.total == sysconf(_SC_PHYS_PAGES) * page_size());
    CHECK(m.free > 0_B);
    CHECK(m.free < m.total);
    CHECK(m.swap_free <= m.swap_total);
}

TEST_SUITE_END();
