// The memory of the whole machine: /proc/meminfo.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/units.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
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

inline constexpr std::array meminfo_keys{
    key<meminfo>{"MemTotal", kilobytes<&meminfo::total>, presence::required},
    key<meminfo>{"MemFree", kilobytes<&meminfo::free>, presence::required},
    key<meminfo>{"MemAvailable", kilobytes<&meminfo::available>},
    key<meminfo>{"Buffers", kilobytes<&meminfo::buffers>, presence::required},
    key<meminfo>{"Cached", kilobytes<&meminfo::cached>, presence::required},
    key<meminfo>{"SwapCached", kilobytes<&meminfo::swap_cached>},
    key<meminfo>{"Active", kilobytes<&meminfo::active>},
    key<meminfo>{"Inactive", kilobytes<&meminfo::inactive>},
    key<meminfo>{"Unevictable", kilobytes<&meminfo::unevictable>},
    key<meminfo>{"Mlocked", kilobytes<&meminfo::locked>},
    key<meminfo>{"SwapTotal", kilobytes<&meminfo::swap_total>, presence::required},
    key<meminfo>{"SwapFree", kilobytes<&meminfo::swap_free>, presence::required},
    key<meminfo>{"Dirty", kilobytes<&meminfo::dirty>},
    key<meminfo>{"Writeback", kilobytes<&meminfo::writeback>},
    key<meminfo>{"AnonPages", kilobytes<&meminfo::anonymous>},
    key<meminfo>{"Mapped", kilobytes<&meminfo::mapped>},
    key<meminfo>{"Shmem", kilobytes<&meminfo::shared_memory>},
    key<meminfo>{"Slab", kilobytes<&meminfo::slab>},
    key<meminfo>{"SReclaimable", kilobytes<&meminfo::slab_reclaimable>},
    key<meminfo>{"SUnreclaim", kilobytes<&meminfo::slab_unreclaimable>},
    key<meminfo>{"KernelStack", kilobytes<&meminfo::kernel_stacks>},
    key<meminfo>{"PageTables", kilobytes<&meminfo::page_tables>},
    key<meminfo>{"CommitLimit", kilobytes<&meminfo::commit_limit>},
    key<meminfo>{"Committed_AS", kilobytes<&meminfo::committed>},
    key<meminfo>{"AnonHugePages", kilobytes<&meminfo::transparent_huge>},
    key<meminfo>{"HugePages_Total", plain_number<&meminfo::huge_pages_total>},
    key<meminfo>{"HugePages_Free", plain_number<&meminfo::huge_pages_free>},
    key<meminfo>{"Hugepagesize", kilobytes<&meminfo::huge_page_size>},
};

} // namespace detail

// The file meminfo, kept open to be read again and again. It takes about 4 KiB and no heap.
class meminfo_file
{
public:
    // Opens `<proc>/meminfo`. Throws as read_meminfo().
    explicit meminfo_file(std::string_view proc = "/proc") : file_{"meminfo", proc} {}

    // What it says now. Throws as read_meminfo().
    [[nodiscard]] meminfo read()
    {
        if (!file_.is_open()) detail::throw_system_error(ENOENT, "open", file_.path());

        meminfo values;
        detail::line_reader<4096> lines{file_};
        detail::key_value_reader<detail::meminfo_keys> reader;
        while (auto line = lines.next()) reader.read(*line, values);
        reader.expect_required(lines.end());
        return values;
    }

private:
    detail::proc_file file_;
};

// Reads `<proc>/meminfo`. Unknown lines are ignored.
//
// Throws std::system_error if it can't be read, parse_error if a line is malformed or one that all
// kernels have is missing.
[[nodiscard]] inline meminfo read_meminfo(std::string_view proc = "/proc")
{
    return meminfo_file{proc}.read();
}

} // namespace heaplings
