#include <heaplings/heap_probe/resident.hpp>
#include <heaplings/proc/process_id.hpp>

#include "probed_memory.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using heaplings::address_of;
using heaplings::count_pages;
using heaplings::page_counts;

TEST_CASE("a written page is resident, a page only read is not, an untouched one is nothing")
{
    const fresh_pages pages{100};
    CHECK(count_pages(pages.begin(), pages.size()) == page_counts{.pages = 100});

    for (int i = 0; i < 7; ++i) pages.write(i * 3);
    for (int i = 0; i < 5; ++i) pages.read(50 + i);
    const page_counts counts = count_pages(pages.begin(), pages.size());
    CHECK(counts.pages == 100);
    CHECK(counts.resident == 7);
    CHECK(counts.zero + counts.zero_or_shared == 5);
    CHECK(counts.swapped == 0);

    // Given back: untouched again.
    madvise(pages.begin(), static_cast<std::size_t>(pages.size().count()), MADV_DONTNEED);
    CHECK(count_pages(pages.begin(), pages.size()).resident == 0);
}

TEST_CASE("both ways to ask the kernel for pages agree")
{
    const fresh_pages pages{3000};
    for (int i = 0; i < 3000; i += 2) pages.write(i); // more runs than one question answers
    for (int i = 1; i < 100; i += 2) pages.read(i);
    const auto begin = address_of(pages.begin());
    const auto end = begin + static_cast<std::uintptr_t>(pages.size().count());
    heaplings::detail::proc_file pagemap{heaplings::this_process, "pagemap", "/proc"};

    const page_counts read = heaplings::detail::read_pages(pagemap, begin, end);
    CHECK(read == page_counts{.pages = 3000, .resident = 1500, .zero_or_shared = 50});
    if (const auto scanned = heaplings::detail::scan_pages(pagemap, begin, end)) {
        CHECK(*scanned == page_counts{.pages = 3000, .resident = 1500, .zero = 50});
    }
}

TEST_CASE("pages shared with a child since a fork stay resident or are told apart as doubtful")
{
    const fresh_pages pages{10};
    for (int i = 0; i < 10; ++i) pages.write(i);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        pages.write(0);
        const page_counts counts = count_pages(pages.begin(), pages.size());
        _exit(counts.zero == 0 && counts.resident >= 1 &&
                      counts.resident + counts.zero_or_shared == 10
                  ? 0
                  : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("a range is counted in the pages that it touches")
{
    const fresh_pages pages{4};
    pages.write(0);
    const std::int64_t page = page_size().count();
    CHECK(count_pages(pages.begin(), 0_B) == page_counts{});
    CHECK(count_pages(pages.begin(), 1_B) == page_counts{.pages = 1, .resident = 1});
    CHECK(count_pages(pages.begin() + page - 1, 1_B) == page_counts{.pages = 1, .resident = 1});
    CHECK(count_pages(pages.begin() + page - 1, 2_B) == page_counts{.pages = 2, .resident = 1});
    CHECK(count_pages(pages.begin() + page, 3 * page_size()) == page_counts{.pages = 3});
}

TEST_CASE("pages that are not mapped are no more than counted")
{
    CHECK(count_pages(nullptr, 10 * page_size()) == page_counts{.pages = 10});
    CHECK(count_pages(at(0xffff'8000'0000'0000), page_size()) == page_counts{.pages = 1});
}
