// The spec of exercise 1, virtual_vs_resident.
//
// Each mapping is made and touched in a child. Whether a page is resident is told by the page table
// (/proc/self/pagemap), page by page: mincore(2) would take a page that was only read for one.
#include "spec/virtual_vs_resident.hpp"
#include "support/anonymous_memory.hpp"
#include "support/fresh_child.hpp"

#include <doctest/doctest.h>

#include <heaplings/heap_probe/resident.hpp>
#include <heaplings/proc/status.hpp>

#include <cstddef>
#include <sys/mman.h>

namespace {

using heaplings::bytes;

constexpr std::size_t mapped = 16384; // pages of the mapping
constexpr std::size_t many = 8000;    // of them

// What a mapping did to the process, and what touch did to both.
struct touched
{
    long virtual_kib;    // by how much mapping made the process larger,
    long mapping_kib;    // and its resident set
    long resident_kib;   // by how much touching did so
    std::size_t inside;  // resident pages among those asked for
    std::size_t outside; // and among the others
    std::size_t read;    // pages asked for that were only looked at
};

std::size_t page_bytes()
{
    return static_cast<std::size_t>(heaplings::page_size().count());
}

long virtual_kib()
{
    return static_cast<long>(heaplings::read_status()->size->count() / 1024);
}

heaplings::page_counts count(const char* map, std::size_t first, std::size_t pages)
{
    return heaplings::count_pages(map + first * page_bytes(), bytes{pages * page_bytes()});
}

// Who touches the page behind the mapping is ended by a signal.
char* map_with_wall_behind(std::size_t size)
{
    void* const map = ::mmap(nullptr, size + page_bytes(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) support::detail::fail("mmap");
    if (::mprotect(static_cast<char*>(map) + size, page_bytes(), PROT_NONE) != 0) {
        support::detail::fail("mprotect");
    }
    return static_cast<char*>(map);
}

touched map_and_touch(std::size_t pages, std::size_t of)
{
    support::no_huge_pages();
    const std::size_t size = of * page_bytes();
    touched seen{};
    seen.virtual_kib = -virtual_kib();
    seen.mapping_kib = -support::anonymous_kib();
    char* const map = map_with_wall_behind(size);
    seen.virtual_kib += virtual_kib();
    const long before = support::anonymous_kib();
    seen.mapping_kib += before;
    touch(map, pages);
    seen.resident_kib = support::anonymous_kib() - before;

    const heaplings::page_counts asked_for = count(map, 0, pages);
    const heaplings::page_counts others = count(map, pages, of - pages);
    seen.inside = static_cast<std::size_t>(asked_for.resident);
    seen.outside = static_cast<std::size_t>(others.resident);
    seen.read = static_cast<std::size_t>(asked_for.zero + asked_for.zero_or_shared);
    return seen;
}

touched touch_in_child(std::size_t pages, std::size_t of = mapped)
{
    INFO("in a child: touch(map, ", pages, ") of a mapping of ", of, " pages");
    const auto report = support::in_fresh_child([&] { return map_and_touch(pages, of); });
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.has_value());
    return *report.result;
}

} // namespace

TEST_CASE("one page becomes resident")
{
    const touched seen = touch_in_child(1);
    INFO("pages that were looked at and are not resident: ", seen.read);
    CHECK(seen.inside == 1);
}

TEST_CASE("each page that was asked for becomes resident, the last one as well")
{
    for (const std::size_t pages : {std::size_t{2}, std::size_t{17}, many}) {
        const touched seen = touch_in_child(pages);
        INFO("asked for: ", pages, "; looked at and not resident: ", seen.read);
        CHECK(seen.inside == pages);
    }
}

TEST_CASE("no page beyond those that were asked for becomes resident")
{
    for (const std::size_t pages : {std::size_t{0}, std::size_t{1}, std::size_t{17}, many}) {
        INFO("asked for: ", pages);
        CHECK(touch_in_child(pages).outside == 0);
    }
}

TEST_CASE("a mapping can be touched as a whole, up to its end")
{
    const touched seen = touch_in_child(64, 64);
    CHECK(seen.inside == 64);
}

TEST_CASE("mapping makes the process larger, touching makes it resident")
{
    const touched seen = touch_in_child(many);
    const long all_kib = static_cast<long>(mapped * page_bytes() / 1024);
    const long touched_kib = static_cast<long>(many * page_bytes() / 1024);
    CHECK(seen.virtual_kib >= all_kib);
    // The kernel may count in batches of pages, and what touch itself needs may be among them.
    CHECK(seen.resident_kib >= touched_kib * 9 / 10);
    CHECK(seen.resident_kib <= touched_kib * 11 / 10);
    MESSAGE("mapped ", all_kib, " KiB: virtual memory + ", seen.virtual_kib, " KiB, resident + ",
            seen.mapping_kib, " KiB; touched ", touched_kib, " KiB of it: resident + ",
            seen.resident_kib, " KiB");
}
