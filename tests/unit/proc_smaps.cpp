#include <heaplings/proc/maps.hpp>
#include <heaplings/proc/smaps.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::mapping_flags;
using heaplings::mapping_usage;
using heaplings::maps_end;
using heaplings::maps_file;
using heaplings::parse_error;
using heaplings::process_id;
using heaplings::smaps_file;

namespace {

const std::string head = "1000-2000 rw-p 00000000 00:00 0 \n";
const std::string required = "Rss: 7 kB\nShared_Clean: 1 kB\nShared_Dirty: 2 kB\n"
                             "Private_Clean: 3 kB\nPrivate_Dirty: 1 kB\n";

} // namespace

TEST_SUITE_BEGIN("proc/smaps");

TEST_CASE("each mapping of a recorded file has its own lines")
{
    const synthetic_proc proc;
    proc.copy("smaps", "huge");
    proc.copy("maps", "huge");
    smaps_file smaps{proc.process, proc.root()};
    maps_file maps{proc.process, proc.root()};
    bytes resident;
    bytes hugetlb;
    int number = 0;
    for (const mapping_usage& usage : smaps) {
        const auto m = maps.next();
        REQUIRE(m);
        CHECK(usage.where.begin == m->begin);
        CHECK(usage.where.end == m->end);
        CHECK(usage.where.path == m->path);
        REQUIRE(usage.flags);
        CHECK(usage.flags->contains("rd") == m->permissions.read);
        CHECK(usage.flags->contains("wr") == m->permissions.write);
        CHECK(usage.flags->contains("ht") == (usage.kernel_page_size == 2_MiB));
        CHECK(usage.huge_eligible);
        CHECK(usage.protection_key == 0);
        resident += usage.resident;
        hugetlb += usage.private_hugetlb.value_or(0_B);
        ++number;
    }
    CHECK(number == 17);
    CHECK(smaps.end_reached() == maps_end::complete);
    CHECK(resident == 1432_KiB); // as in smaps_rollup
    CHECK(hugetlb == 8_MiB);
}

TEST_CASE("lines that are unknown or missing do not matter")
{
    const synthetic_proc proc;
    proc.write("smaps", head + required + head + "new-thing: a\nNewer: b c\n" + required +
                            "VmFlags: \n" + head + "VmFlags: rd hg\n" + required);
    smaps_file smaps{proc.process, proc.root()};
    auto usage = smaps.next();
    REQUIRE(usage);
    CHECK(usage->resident == 7_KiB);
    CHECK_FALSE(usage->proportional);
    CHECK_FALSE(usage->kernel_page_size);
    CHECK_FALSE(usage->flags);

    usage = smaps.next();
    REQUIRE(usage);
    REQUIRE(usage->flags);
    CHECK(usage->flags->view().empty());
    CHECK_FALSE(usage->flags->contains("rd"));

    usage = smaps.next();
    REQUIRE(usage);
    CHECK(usage->flags->contains("hg"));
    CHECK_FALSE(usage->flags->contains("d "));
    CHECK_FALSE(usage->flags->contains("wr"));
    CHECK_FALSE(smaps.next());
    CHECK(smaps.end_reached() == maps_end::complete);
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string line :
         {"", "Pss 4 kB", "Rss: 7 kB", "Pss: 4 MB", "Pss: -4 kB", "THPeligible: 2",
          "ProtectionKey: x", "1000-1000 rw-p 00000000 00:00 0 "}) {
        CAPTURE(line);
        proc.write("smaps", head + required + line + "\n" + required);
        smaps_file smaps{proc.process, proc.root()};
        try {
            while (smaps.next()) continue;
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "smaps").native());
            CHECK(error.line() == 7);
            CHECK(error.text() == line);
        }
    }
}

TEST_CASE("a mapping without what every kernel writes is an error")
{
    const synthetic_proc proc;
    for (const std::string& text :
         {head, head + head + required, head + required + head, head + "Rss: 7 kB\n", required}) {
        CAPTURE(text);
        proc.write("smaps", text);
        smaps_file smaps{proc.process, proc.root()};
        CHECK_THROWS_AS(while (smaps.next()) continue, parse_error);
    }
}

TEST_CASE("a path longer than the buffer keeps its head and the lines behind it are whole")
{
    const synthetic_proc proc;
    for (const std::size_t length : {16'000U, 16'447U, 16'480U, 16'513U, 40'000U}) {
        CAPTURE(length);
        const std::string path = "/" + std::string(length, 'x');
        const std::string text = head.substr(0, head.size() - 1) + path + "\n" + required;
        proc.write("smaps", text + text + head + required);
        smaps_file smaps{proc.process, proc.root()};
        for (int i = 0; i < 2; ++i) {
            const auto usage = smaps.next();
            REQUIRE(usage);
            CHECK(path.starts_with(usage->where.path));
            CHECK(usage->where.path.size() > 15'900);
            CHECK(usage->where.path_is_cut == (usage->where.path != path));
            CHECK(usage->resident == 7_KiB);
        }
        const auto last = smaps.next();
        REQUIRE(last);
        CHECK(last->where.path.empty());
        CHECK_FALSE(smaps.next());
    }
}

TEST_CASE("pages of this process are resident in their mapping once they are touched")
{
    constexpr bytes size = 1_MiB;
    void* const block = mmap(nullptr, static_cast<std::size_t>(size.count()),
                             PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(block != MAP_FAILED);
    REQUIRE(madvise(block, static_cast<std::size_t>(size.count()), MADV_DONTDUMP) == 0);
    smaps_file smaps;
    const auto usage = [&]() -> std::optional<mapping_usage> {
        smaps.rewind();
        for (const mapping_usage& m : smaps) {
            if (m.where.contains(reinterpret_cast<std::uintptr_t>(block))) return m;
        }
        return std::nullopt;
    };
    const auto before = usage();
    std::memset(block, 1, static_cast<std::size_t>(size.count() / 2));
    const auto after = usage();
    munmap(block, static_cast<std::size_t>(size.count()));
    REQUIRE(before);
    REQUIRE(after);
    REQUIRE(after->flags);
    CHECK(after->flags->contains("dd"));
    CHECK(before->resident == 0_B);
    CHECK(after->resident + after->swapped.value_or(0_B) >= size / 2);
    CHECK(after->where.size() == size);
}

TEST_CASE("an empty file, as a kernel thread's is, has no memory")
{
    const synthetic_proc proc;
    proc.write("smaps", "");
    smaps_file smaps{proc.process, proc.root()};
    CHECK_FALSE(smaps.next());
    CHECK(smaps.end_reached() == maps_end::no_memory);
}

TEST_CASE("a list of flags longer than any kernel's keeps its head")
{
    const mapping_flags flags{std::string(500, 'x')};
    CHECK(flags.view().size() == mapping_flags::longest);
}

TEST_SUITE_END();
