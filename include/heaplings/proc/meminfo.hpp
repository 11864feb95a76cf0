// The memory of the whole machine: /proc/meminfo.
#pragma once

#include <heaplings/proc/detail/labelled_line.hpp>
#include <heaplings/proc/detail/system_text.hpp>
#include <heaplings/units.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// The lines of meminfo (proc_meminfo(5)). What not every kernel has is optional.
struct meminfo
{
    bytes total;      // MemTotal: RAM but for what the kernel's image and firmware take
    bytes free;       // MemFree: pages of no use to anyone now
    bytes buffers;    // Buffers: cached blocks of devices
    bytes cached;     // Cached: the page cache, shared memory included
    bytes swap_total; // SwapTotal
    bytes swap_free;  // SwapFree

    std::optional<bytes> available;   // MemAvailable: what can be had without swapping, an estimate
    std::optional<bytes> swap_cached; // SwapCached
    std::optional<bytes> active;      // Active
    std::optional<bytes> inactive;    // Inactive: reclaimed first
    std::optional<bytes> unevictable; // Unevictable
    std::optional<bytes> locked;      // Mlocked
    std::optional<bytes> dirty;       // Dirty
    std::optional<bytes> writeback;   // Writeback
    std::optional<bytes> anonymous;   // AnonPages: mapped pages of no file
    std::optional<bytes> mapped;      // Mapped: mapped pages of files
    std::optional<bytes> shared_memory;      // Shmem: also tmpfs
    std::optional<bytes> slab;               // Slab: the kernel's own small objects
    std::optional<bytes> slab_reclaimable;   // SReclaimable
    std::optional<bytes> slab_unreclaimable; // SUnreclaim
    std::optional<bytes> kernel_stacks;      // KernelStack
    std::optional<bytes> page_tables;        // PageTables
    std::optional<bytes> commit_limit;       // CommitLimit: what overcommit_memory 2 allows
    std::optional<bytes> committed;          // Committed_AS: what processes may yet ask for
    std::optional<bytes> transparent_huge;   // AnonHugePages
    std::optional<bytes> huge_page_size;     // Hugepagesize

    std::optional<std::uint64_t> huge_pages_total; // HugePages_Total: a number of huge pages
    std::optional<std::uint64_t> huge_pages_free;  // HugePages_Free
};

inline std::ostream& operator<<(std::ostream& out, const meminfo& m)
{
    out << "total " << m.total << ", free " << m.free;
    if (m.available) out << ", available " << *m.available;
    return out << ", swap " << m.swap_total << ", swap free " << m.swap_free;
}

namespace detail {

inline constexpr labelled_member<meminfo, bytes> meminfo_always_there[] = {
    {"MemTotal", &meminfo::total},       {"MemFree", &meminfo::free},
    {"Buffers", &meminfo::buffers},      {"Cached", &meminfo::cached},
    {"SwapTotal", &meminfo::swap_total}, {"SwapFree", &meminfo::swap_free}};

inline constexpr labelled_member<meminfo, std::optional<bytes>> meminfo_sizes[] = {
    {"MemAvailable", &meminfo::available},
    {"SwapCached", &meminfo::swap_cached},
    {"Active", &meminfo::active},
    {"Inactive", &meminfo::inactive},
    {"Unevictable", &meminfo::unevictable},
    {"Mlocked", &meminfo::locked},
    {"Dirty", &meminfo::dirty},
    {"Writeback", &meminfo::writeback},
    {"AnonPages", &meminfo::anonymous},
    {"Mapped", &meminfo::mapped},
    {"Shmem", &meminfo::shared_memory},
    {"Slab", &meminfo::slab},
    {"SReclaimable", &meminfo::slab_reclaimable},
    {"SUnreclaim", &meminfo::slab_unreclaimable},
    {"KernelStack", &meminfo::kernel_stacks},
    {"PageTables", &meminfo::page_tables},
    {"CommitLimit", &meminfo::commit_limit},
    {"Committed_AS", &meminfo::committed},
    {"AnonHugePages", &meminfo::transparent_huge},
    {"Hugepagesize", &meminfo::huge_page_size}};

inline constexpr labelled_member<meminfo, std::optional<std::uint64_t>> meminfo_counts[] = {
    {"HugePages_Total", &meminfo::huge_pages_total}, {"HugePages_Free", &meminfo::huge_pages_free}};

} // namespace detail

// Reads `<proc>/meminfo`. Unknown lines are ignored.
//
// Throws std::system_error if it can't be read, parse_error if a line is malformed or one that all
// kernels have is missing.
[[nodiscard]] inline meminfo read_meminfo(std::string_view proc = "/proc")
{
    const detail::system_text<8192> file{proc, "meminfo"}; // 1.5 KB in Linux 6.18
    meminfo values;
    std::size_t seen = 0;
    std::size_t number = 0;
    for (std::string_view rest = file.text(); !rest.empty();) {
        const auto end = rest.find('\n');
        const std::string_view text = rest.substr(0, end);
        ++number;
        if (end == rest.npos) throw parse_error{file.path(), number, text, "a newline at the end"};
        rest.remove_prefix(end + 1);

        const detail::labelled_line line{file.path(), number, text};
        if (const auto size = detail::find_member(detail::meminfo_always_there, line.label())) {
            values.*size = line.kilobytes();
            ++seen;
        } else if (const auto other = detail::find_member(detail::meminfo_sizes, line.label())) {
            values.*other = line.kilobytes();
        } else if (const auto count = detail::find_member(detail::meminfo_counts, line.label())) {
            values.*count = line.number<std::uint64_t>();
        }
    }
    if (seen != std::size(detail::meminfo_always_there)) {
        throw parse_error{file.path(), number + 1, "",
                          "one line each of MemTotal, MemFree, Buffers, Cached, SwapTotal and "
                          "SwapFree"};
    }
    return values;
}

} // namespace heaplings
