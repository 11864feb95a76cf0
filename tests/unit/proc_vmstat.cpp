#include <heaplings/proc/vmstat.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

using namespace heaplings::literals;
using heaplings::page_size;
using heaplings::parse_error;
using heaplings::read_vmstat;
using heaplings::vmstat;

TEST_SUITE_BEGIN("proc/vmstat");

TEST_CASE("a recorded file is read")
{
    const auto values = read_vmstat(HEAPLINGS_TEST_DATA "/proc/system");
    REQUIRE(values);
    CHECK(values->free == 89273 * page_size());
    CHECK(values->page_tables == 76 * page_size());
    CHECK(values->faults == 19867);
    CHECK(values->oom_kills == 0);
}

TEST_CASE("each line is in its member")
{
    // The recorded keys, most of whose values are 0, with the number of the line as value.
    std::ifstream recorded{HEAPLINGS_TEST_DATA "/proc/system/vmstat"};
    std::string text;
    int number = 0;
    for (std::string key, value; recorded >> key >> value;) {
        text += key + " " + std::to_string(++number) + "\n";
    }
    const synthetic_proc proc;
    proc.write_system("vmstat", text);
    const auto values = read_vmstat(proc.root());
    REQUIRE(values);
    CHECK(values->free == 1 * page_size());
    CHECK(values->inactive_anon == 18 * page_size());
    CHECK(values->active_anon == 19 * page_size());
    CHECK(values->inactive_file == 20 * page_size());
    CHECK(values->active_file == 21 * page_size());
    CHECK(values->unevictable == 22 * page_size());
    CHECK(values->mlocked == 8 * page_size());
    CHECK(values->slab_reclaimable == 23 * page_size());
    CHECK(values->slab_fixed == 24 * page_size());
    CHECK(values->anonymous == 35 * page_size());
    CHECK(values->mapped_files == 36 * page_size());
    CHECK(values->files == 37 * page_size());
    CHECK(values->dirty == 38 * page_size());
    CHECK(values->under_writeback == 39 * page_size());
    CHECK(values->shmem == 41 * page_size());
    CHECK(values->page_tables == 56 * page_size());
    CHECK(values->faults == 86);
    CHECK(values->major_faults == 87);
    CHECK(values->swapped_in == 65);
    CHECK(values->swapped_out == 66);
    CHECK(values->oom_kills == 112);
    CHECK(values->stalls_dma == 72);
    CHECK(values->stalls_dma32 == 73);
    CHECK(values->stalls_normal == 74);
    CHECK(values->stalls_movable == 75);
    CHECK(values->scanned_background == 95);
    CHECK(values->scanned_direct == 96);
    CHECK(values->reclaimed_background == 91);
    CHECK(values->reclaimed_direct == 92);
    CHECK(values->refaulted_anon == 28);
    CHECK(values->refaulted_file == 29);
    CHECK(values->compaction_stalls == 126);
    CHECK(values->huge_faults == 141);
    CHECK(values->huge_fallbacks == 142);
}

TEST_CASE("lines that are unknown, missing or in another order do not matter")
{
    const synthetic_proc proc;
    proc.write_system("vmstat", "oom_kill 18446744073709551615\nnew_thing a b\nnr_free_pages 3\n");
    const auto values = read_vmstat(proc.root());
    REQUIRE(values);
    vmstat expected;
    expected.oom_kills = std::numeric_limits<std::uint64_t>::max();
    expected.free = 3 * page_size();
    CHECK((values == expected));

    proc.write_system("vmstat", "");
    CHECK((read_vmstat(proc.root()) == vmstat{}));
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string line : {"", "nr_mlock 0", "oom_kill", "oom_kill x", "oom_kill -1",
                                   "oom_kill 1 ", "oom_kill 18446744073709551616",
                                   "nr_free_pages 1 kB", "nr_free_pages 9223372036854775807"}) {
        CAPTURE(line);
        proc.write_system("vmstat", "nr_mlock 0\n" + line + "\n");
        try {
            static_cast<void>(read_vmstat(proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == proc.system_file("vmstat").native());
            CHECK(error.line() == 2);
            CHECK(error.text() == line);
        }
    }
    proc.write_system("vmstat", "oom_kill 1");
    CHECK_THROWS_AS(static_cast<void>(read_vmstat(proc.root())), parse_error);
}

TEST_CASE("page faults of this process are counted")
{
    const auto before = read_vmstat();
    if (!before) {
        MESSAGE("not checked: no vmstat here");
        return;
    }
    constexpr int pages = 1000;
    const auto size = static_cast<std::size_t>((pages * page_size()).count());
    void* const block =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(block != MAP_FAILED);
    REQUIRE(
        (madvise(block, size, MADV_NOHUGEPAGE) == 0 || errno == EINVAL)); // no huge pages at all
    std::memset(block, 1, size);
    munmap(block, size);
    const auto after = read_vmstat();
    REQUIRE(after);
    REQUIRE(before->faults);
    CHECK(*after->faults - *before->faults >= pages / 2); // each CPU may have some yet to tell
    CHECK(after->free > 0_B);
}

TEST_CASE("a mount without the file has none, a mount that does not exist is an error")
{
    const synthetic_proc proc;
    CHECK_FALSE(read_vmstat(proc.root()));
    CHECK_THROWS_AS(static_cast<void>(read_vmstat("/no/such/mount")), std::system_error);
    std::filesystem::create_directory(proc.system_file("vmstat"));
    CHECK_THROWS_AS(static_cast<void>(read_vmstat(proc.root())), std::system_error);
}

TEST_SUITE_END();
