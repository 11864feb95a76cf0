#include <heaplings/proc/smaps_rollup.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <system_error>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::memory_usage;
using heaplings::parse_error;
using heaplings::process_id;
using heaplings::read_smaps_rollup;

namespace {

const std::string head = "1000-2000 ---p 00000000 00:00 0                          [rollup]\n";
const std::string required = "Rss: 7 kB\nShared_Clean: 1 kB\nShared_Dirty: 2 kB\n"
                             "Private_Clean: 3 kB\nPrivate_Dirty: 1 kB\n";

} // namespace

TEST_SUITE_BEGIN("proc/smaps_rollup");

TEST_CASE("each line of a recorded file is in its member, in bytes")
{
    const synthetic_proc proc;
    proc.copy("smaps_rollup", "huge");
    const auto usage = read_smaps_rollup(proc.process, proc.root());
    REQUIRE(usage);
    CHECK(usage->resident == 1432_KiB);
    CHECK(usage->proportional == 1197_KiB);
    CHECK(usage->proportional_dirty == 1197_KiB);
    CHECK(usage->proportional_anon == 1065_KiB);
    CHECK(usage->proportional_file == 0_KiB);
    CHECK(usage->proportional_shmem == 132_KiB);
    CHECK(usage->shared_clean == 0_KiB);
    CHECK(usage->shared_dirty == 320_KiB);
    CHECK(usage->private_clean == 0_KiB);
    CHECK(usage->private_dirty == 1112_KiB);
    CHECK(usage->unique() == 1112_KiB);
    CHECK(usage->referenced == 1388_KiB);
    CHECK(usage->anonymous == 1096_KiB);
    CHECK_FALSE(usage->merged); // that kernel was built without KSM
    CHECK(usage->lazily_free == 0_KiB);
    CHECK(usage->anonymous_huge == 0_KiB);
    CHECK(usage->shmem_huge == 0_KiB);
    CHECK(usage->file_huge == 0_KiB);
    CHECK(usage->shared_hugetlb == 0_KiB);
    CHECK(usage->private_hugetlb == 8_MiB);
    CHECK(usage->swapped == 0_KiB);
    CHECK(usage->swapped_proportional == 0_KiB);
    CHECK(usage->locked == 0_KiB);
}

TEST_CASE("a newer kernel's file has a line for pages merged by KSM")
{
    const synthetic_proc proc;
    proc.copy("smaps_rollup", "linux_6_18");
    const auto usage = read_smaps_rollup(proc.process, proc.root());
    REQUIRE(usage);
    CHECK(usage->merged == 0_KiB);
    CHECK(usage->resident > 0_KiB);
    CHECK(usage->locked == 0_KiB);
}

TEST_CASE("lines that are unknown, missing or in another order do not matter")
{
    const synthetic_proc proc;
    proc.write("smaps_rollup", head + "Locked: 9 kB\nNew_Thing: a b c\nKSM:\t4 kB\n" + required);
    const auto usage = read_smaps_rollup(proc.process, proc.root());
    REQUIRE(usage);
    CHECK(usage->resident == 7_KiB);
    CHECK(usage->unique() == 4_KiB);
    CHECK(usage->locked == 9_KiB);
    CHECK(usage->merged == 4_KiB);
    CHECK_FALSE(usage->proportional);
    CHECK_FALSE(usage->swapped);
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string line : {"", "Pss 4 kB", "Pss: 4", "Pss: 4 MB", "Pss: 4 kB ",
                                   "Pss: 4 kBytes", "Pss: -4 kB", "Pss: 0x4 kB", "Pss:", "Pss: kB",
                                   "Pss: 99999999999999999999 kB", "Pss: 9007199254740992 kB"}) {
        CAPTURE(line);
        proc.write("smaps_rollup", head + line + "\n" + required);
        try {
            static_cast<void>(read_smaps_rollup(proc.process, proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "smaps_rollup").native());
            CHECK(error.line() == 2);
            CHECK(error.text() == line);
        }
    }
    proc.write("smaps_rollup", head + "Pss: 9007199254740991 kB\n" + required);
    CHECK(read_smaps_rollup(proc.process, proc.root())->proportional ==
          bytes{0x7fff'ffff'ffff'fc00});
}

TEST_CASE("a file without its head, or without what every kernel writes, is an error")
{
    const synthetic_proc proc;
    for (const std::string& text : {required, head, head + "Rss: 7 kB\n", head + required + "Ps"}) {
        CAPTURE(text);
        proc.write("smaps_rollup", text);
        CHECK_THROWS_AS(static_cast<void>(read_smaps_rollup(proc.process, proc.root())),
                        parse_error);
    }
}

TEST_CASE("memory of this process counts when it is touched, as its own and anonymous")
{
    constexpr bytes size = 8_MiB;
    void* const block = mmap(nullptr, static_cast<std::size_t>(size.count()),
                             PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(block != MAP_FAILED);
    const auto before = read_smaps_rollup();
    std::memset(block, 1, static_cast<std::size_t>(size.count()));
    const auto after = read_smaps_rollup();
    munmap(block, static_cast<std::size_t>(size.count()));
    REQUIRE(before);
    REQUIRE(after);
    INFO("before: ", *before, "; after: ", *after);
    const auto in_ram_or_swap = [](const memory_usage& usage) {
        return usage.unique() + usage.swapped.value_or(0_B);
    };
    CHECK(in_ram_or_swap(*after) - in_ram_or_swap(*before) >= size - 64_KiB);
    CHECK(after->resident == after->shared_clean + after->shared_dirty + after->unique());
}

TEST_CASE("a zombie has no memory, and a process that is gone none either")
{
    exited_child child;
    CHECK_FALSE(read_smaps_rollup(child.id()));
    child.wait();
    CHECK_FALSE(read_smaps_rollup(child.id()));

    const synthetic_proc proc;
    CHECK_FALSE(read_smaps_rollup(process_id{4243}, proc.root()));
    proc.write("smaps_rollup", "");
    CHECK_FALSE(read_smaps_rollup(proc.process, proc.root()));
}

TEST_CASE("a kernel without the file is an error of the system")
{
    const synthetic_proc proc;
    CHECK_THROWS_AS(static_cast<void>(read_smaps_rollup(proc.process, proc.root())),
                    std::system_error);
}

TEST_SUITE_END();
