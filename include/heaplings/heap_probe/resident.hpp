// Which pages of a range are in RAM.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/heap_probe/detail/attributes.hpp>
#include <heaplings/heap_probe/region.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/units.hpp>

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>

namespace heaplings {

// Counts of the pages of a range, which add up: what is in none of them was never touched.
struct page_counts
{
    std::int64_t pages = 0; // of the range

    // In RAM and in this process's page table: these count in the resident set size.
    std::int64_t resident = 0;

    // Read but never written: the page table leads to the one page of zeros that the kernel keeps
    // for all. Counts in no resident set size.
    std::int64_t zero = 0;

    // Anonymous pages of which the kernel before 6.7 doesn't tell which of the two they are: the
    // page of zeros, or shared with another process since a fork. Always 0 from 6.7 on.
    std::int64_t zero_or_shared = 0;

    std::int64_t swapped = 0; // in swap space

    [[nodiscard]] friend constexpr bool operator==(const page_counts&,
                                                   const page_counts&) noexcept = default;
};

inline std::ostream& operator<<(std::ostream& out, const page_counts& c)
{
    return out << c.pages << " pages: " << c.resident << " resident, " << c.zero << " zero, "
               << c.zero_or_shared << " zero or shared, " << c.swapped << " swapped";
}

namespace detail {

// Arguments of the ioctl PAGEMAP_SCAN, Linux 6.7: struct pm_scan_arg, struct page_region and
// PAGE_IS_... of <linux/fs.h>, which older systems don't have yet.
struct pagemap_scan
{
    std::uint64_t size_of_this = sizeof(pagemap_scan);
    std::uint64_t flags = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t walked_to = 0;
    std::uint64_t runs = 0; // address of an array of pagemap_run
    std::uint64_t runs_size = 0;
    std::uint64_t most_pages = 0;
    std::uint64_t inverted = 0;
    std::uint64_t all_of = 0;
    std::uint64_t any_of = 0;
    std::uint64_t wanted = 0;
};
struct pagemap_run
{
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t categories = 0;

    static constexpr std::uint64_t present = 1 << 3;
    static constexpr std::uint64_t swapped = 1 << 4;
    static constexpr std::uint64_t zero = 1 << 5;
};

// Counts from `begin` to `end`, whole pages, with one question for many pages; nothing if the
// kernel doesn't know the question.
inline std::optional<page_counts> scan_pages(proc_file& pagemap, std::uintptr_t begin,
                                             std::uintptr_t end)
{
    pagemap_run runs[64];
    pagemap_scan scan;
    scan.runs = address_of(runs);
    scan.runs_size = std::size(runs);
    scan.end = end;
    scan.any_of = pagemap_run::present | pagemap_run::swapped;
    scan.wanted = scan.any_of | pagemap_run::zero;

    page_counts counts;
    counts.pages = bytes{end - begin} / page_size();
    for (scan.begin = begin; scan.begin < end; scan.begin = scan.walked_to) {
        const int found = pagemap.control(_IOWR('f', 16, pagemap_scan), &scan);
        if (found < 0) return std::nullopt;
        for (const pagemap_run& run : std::span{runs, static_cast<std::size_t>(found)}) {
            const std::int64_t pages = bytes{run.end - run.begin} / page_size();
            if (run.categories & pagemap_run::swapped) {
                counts.swapped += pages;
            } else if (run.categories & pagemap_run::zero) {
                counts.zero += pages;
            } else {
                counts.resident += pages;
            }
        }
    }
    return counts;
}

// The same from the entries of pagemap, eight bytes a page, on any kernel.
inline page_counts read_pages(proc_file& pagemap, std::uintptr_t begin, std::uintptr_t end)
{
    constexpr std::uint64_t present = std::uint64_t{1} << 63;
    constexpr std::uint64_t swapped = std::uint64_t{1} << 62;
    constexpr std::uint64_t file_or_shared_memory = std::uint64_t{1} << 61;
    constexpr std::uint64_t only_here = std::uint64_t{1} << 56;

    const auto page = static_cast<std::uintptr_t>(page_size().count());
    page_counts counts;
    counts.pages = bytes{end - begin} / page_size();
    while (begin < end) {
        std::uint64_t entries[256];
        const std::size_t wanted = std::min<std::size_t>((end - begin) / page, std::size(entries));
        const auto offset = static_cast<off_t>(begin / page * sizeof(std::uint64_t));
        const auto size = pagemap.read_at(
            offset, {reinterpret_cast<char*>(entries), wanted * sizeof(std::uint64_t)});
        const std::size_t count = size.value_or(0) / sizeof(std::uint64_t);
        if (count == 0) break; // behind the last address of a process

        for (const std::uint64_t entry : std::span{entries, count}) {
            if (entry & swapped) {
                ++counts.swapped;
            } else if (!(entry & present)) {
                continue;
            } else if (entry & (file_or_shared_memory | only_here)) {
                ++counts.resident;
            } else {
                ++counts.zero_or_shared;
            }
        }
        begin += count * page;
    }
    return counts;
}

} // namespace detail

// Counts the pages that hold `size` bytes from `pointer` on: what each is in the page table of this
// process, which needs no privilege. Nothing is touched by asking. Pages not mapped count in
// `pages` only. `size` is not negative.
//
// mincore(2) is no answer: it tells what is in the page cache, whoever brought it there, and takes
// the page of zeros for resident.
// Throws std::system_error if /proc/self/pagemap can't be read.
// Source: Documentation/admin-guide/mm/pagemap.rst of Linux.
HEAPLINGS_ADDRESS_ONLY(1)
[[nodiscard]] inline page_counts count_pages(const void* pointer, bytes size)
{
    if (size == bytes{0}) return {};
    const std::uintptr_t first = address_of(pointer);
    const std::uintptr_t begin = detail::page_begin(first);
    const std::uintptr_t end = detail::page_end(first + static_cast<std::uintptr_t>(size.count()));

    detail::proc_file pagemap{this_process, "pagemap", "/proc"};
    if (const auto counts = detail::scan_pages(pagemap, begin, end)) return *counts;
    return detail::read_pages(pagemap, begin, end);
}

} // namespace heaplings
