// What the kernel's memory management has and has done, for the whole system: /proc/vmstat.
#pragma once

#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/units.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heaplings {

// The lines of vmstat that tell how memory runs short (proc_vmstat(5); those without a manual: the
// kernel's mm/vmstat.c). A kernel has 150 to 190 lines, each depending on version and
// configuration: what this one lacks is nothing.
//
// Sizes are of now. Counts are since boot and only grow; a page is one of page_size(). They are
// kept for each CPU, so that two lines need not fit together exactly.
struct vmstat
{
    using size = std::optional<bytes>; // there in pages
    using counter = std::optional<std::uint64_t>;

    size free;             // nr_free_pages
    size inactive_anon;    // nr_inactive_anon: first to be swapped out
    size active_anon;      // nr_active_anon
    size inactive_file;    // nr_inactive_file: first to be dropped
    size active_file;      // nr_active_file
    size unevictable;      // nr_unevictable
    size mlocked;          // nr_mlock
    size slab_reclaimable; // nr_slab_reclaimable
    size slab_fixed;       // nr_slab_unreclaimable
    size anonymous;        // nr_anon_pages
    size mapped_files;     // nr_mapped
    size files;            // nr_file_pages: the page cache
    size dirty;            // nr_dirty: to be written to disk
    size under_writeback;  // nr_writeback: being written
    size shmem;            // nr_shmem
    size page_tables;      // nr_page_table_pages

    counter faults;       // pgfault, major ones included
    counter major_faults; // pgmajfault
    counter swapped_in;   // pswpin, pages
    counter swapped_out;  // pswpout, pages
    counter oom_kills;    // oom_kill, since Linux 4.13
    counter stalls_dma;   // allocstall_*: an allocation had to reclaim pages itself,
    counter stalls_dma32; // counted by zone since 4.10
    counter stalls_normal;
    counter stalls_movable;
    counter scanned_background;   // pgscan_kswapd, pages
    counter scanned_direct;       // pgscan_direct, by those who allocate
    counter reclaimed_background; // pgsteal_kswapd
    counter reclaimed_direct;     // pgsteal_direct
    counter refaulted_anon;       // workingset_refault_anon: reclaimed too early, since 5.9
    counter refaulted_file;       // workingset_refault_file
    counter compaction_stalls;    // compact_stall: waited for adjoining pages
    counter huge_faults;          // thp_fault_alloc: a fault got a transparent huge page
    counter huge_fallbacks;       // thp_fault_fallback: there was none

    [[nodiscard]] friend constexpr bool operator==(const vmstat&, const vmstat&) noexcept = default;
};

namespace detail {

inline constexpr std::array vmstat_keys{
    key<vmstat>{"nr_free_pages", pages<&vmstat::free>},
    key<vmstat>{"nr_inactive_anon", pages<&vmstat::inactive_anon>},
    key<vmstat>{"nr_active_anon", pages<&vmstat::active_anon>},
    key<vmstat>{"nr_inactive_file", pages<&vmstat::inactive_file>},
    key<vmstat>{"nr_active_file", pages<&vmstat::active_file>},
    key<vmstat>{"nr_unevictable", pages<&vmstat::unevictable>},
    key<vmstat>{"nr_mlock", pages<&vmstat::mlocked>},
    key<vmstat>{"nr_slab_reclaimable", pages<&vmstat::slab_reclaimable>},
    key<vmstat>{"nr_slab_unreclaimable", pages<&vmstat::slab_fixed>},
    key<vmstat>{"nr_anon_pages", pages<&vmstat::anonymous>},
    key<vmstat>{"nr_mapped", pages<&vmstat::mapped_files>},
    key<vmstat>{"nr_file_pages", pages<&vmstat::files>},
    key<vmstat>{"nr_dirty", pages<&vmstat::dirty>},
    key<vmstat>{"nr_writeback", pages<&vmstat::under_writeback>},
    key<vmstat>{"nr_shmem", pages<&vmstat::shmem>},
    key<vmstat>{"nr_page_table_pages", pages<&vmstat::page_tables>},
    key<vmstat>{"pgfault", plain_number<&vmstat::faults>},
    key<vmstat>{"pgmajfault", plain_number<&vmstat::major_faults>},
    key<vmstat>{"pswpin", plain_number<&vmstat::swapped_in>},
    key<vmstat>{"pswpout", plain_number<&vmstat::swapped_out>},
    key<vmstat>{"oom_kill", plain_number<&vmstat::oom_kills>},
    key<vmstat>{"allocstall_dma", plain_number<&vmstat::stalls_dma>},
    key<vmstat>{"allocstall_dma32", plain_number<&vmstat::stalls_dma32>},
    key<vmstat>{"allocstall_normal", plain_number<&vmstat::stalls_normal>},
    key<vmstat>{"allocstall_movable", plain_number<&vmstat::stalls_movable>},
    key<vmstat>{"pgscan_kswapd", plain_number<&vmstat::scanned_background>},
    key<vmstat>{"pgscan_direct", plain_number<&vmstat::scanned_direct>},
    key<vmstat>{"pgsteal_kswapd", plain_number<&vmstat::reclaimed_background>},
    key<vmstat>{"pgsteal_direct", plain_number<&vmstat::reclaimed_direct>},
    key<vmstat>{"workingset_refault_anon", plain_number<&vmstat::refaulted_anon>},
    key<vmstat>{"workingset_refault_file", plain_number<&vmstat::refaulted_file>},
    key<vmstat>{"compact_stall", plain_number<&vmstat::compaction_stalls>},
    key<vmstat>{"thp_fault_alloc", plain_number<&vmstat::huge_faults>},
    key<vmstat>{"thp_fault_fallback", plain_number<&vmstat::huge_fallbacks>},
};

} // namespace detail

// Reads `<proc>/vmstat`; nothing if this kernel has no such file.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
[[nodiscard]] inline std::optional<vmstat> read_vmstat(std::string_view proc = "/proc")
{
    detail::proc_file file{"vmstat", proc};
    if (!file.is_open()) return std::nullopt;

    vmstat values;
    detail::line_reader<4096, detail::handed_out::in_pieces> lines{file};
    detail::key_value_reader<detail::vmstat_keys> reader;
    while (auto line = lines.next()) reader.read(*line, values, ' ');
    return values;
}

} // namespace heaplings
