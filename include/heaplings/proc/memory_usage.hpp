// What of a mapping, or of all of a process's, is in RAM, and how: the lines that smaps and
// smaps_rollup share.
#pragma once

#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/units.hpp>

#include <array>
#include <optional>
#include <ostream>

namespace heaplings {

// Memory by its use (proc_pid_smaps(5), Documentation/filesystems/proc.rst). The kernel counts in
// kB, rounded down. What this kernel does not tell is nothing.
//
// A page is shared if more than one process maps it, else private; dirty if it was written to since
// it was last in step with its file: all anonymous memory is. resident is the sum of the shared and
// private, clean and dirty ones; huge pages of hugetlbfs are in none of them.
struct memory_usage
{
    bytes resident;                            // Rss
    std::optional<bytes> proportional;         // Pss: a page that n processes map counts 1/n
    std::optional<bytes> proportional_dirty;   // Pss_Dirty, since Linux 6.0
    std::optional<bytes> proportional_anon;    // Pss_Anon, only in smaps_rollup, since 5.3
    std::optional<bytes> proportional_file;    // Pss_File, likewise
    std::optional<bytes> proportional_shmem;   // Pss_Shmem, likewise
    bytes shared_clean;                        // Shared_Clean
    bytes shared_dirty;                        // Shared_Dirty
    bytes private_clean;                       // Private_Clean
    bytes private_dirty;                       // Private_Dirty
    std::optional<bytes> referenced;           // Referenced: seen used since last looked at
    std::optional<bytes> anonymous;            // Anonymous: of no file
    std::optional<bytes> merged;               // KSM: equal pages made one, since 6.8
    std::optional<bytes> lazily_free;          // LazyFree: MADV_FREE, not yet taken back
    std::optional<bytes> anonymous_huge;       // AnonHugePages: in transparent huge pages
    std::optional<bytes> shmem_huge;           // ShmemPmdMapped
    std::optional<bytes> file_huge;            // FilePmdMapped
    std::optional<bytes> shared_hugetlb;       // Shared_Hugetlb, not in resident
    std::optional<bytes> private_hugetlb;      // Private_Hugetlb, not in resident
    std::optional<bytes> swapped;              // Swap: anonymous and in swap space
    std::optional<bytes> swapped_proportional; // SwapPss
    std::optional<bytes> locked;               // Locked: kept in RAM by mlock(2)

    // Unique set size: what ends with this process, as no other maps it.
    [[nodiscard]] constexpr bytes unique() const noexcept { return private_clean + private_dirty; }

    [[nodiscard]] friend constexpr bool operator==(const memory_usage&,
                                                   const memory_usage&) noexcept = default;
};

inline std::ostream& operator<<(std::ostream& out, const memory_usage& usage)
{
    out << "resident " << usage.resident << ", unique " << usage.unique();
    if (usage.proportional) out << ", proportional " << *usage.proportional;
    if (usage.swapped) out << ", swapped " << *usage.swapped;
    return out;
}

namespace detail {

// The table of memory_usage, for records that are one or contain one as their base.
template <typename Record>
inline constexpr std::array memory_usage_keys{
    key<Record>{"Rss", kilobytes<&memory_usage::resident>, presence::required},
    key<Record>{"Pss", kilobytes<&memory_usage::proportional>},
    key<Record>{"Pss_Dirty", kilobytes<&memory_usage::proportional_dirty>},
    key<Record>{"Pss_Anon", kilobytes<&memory_usage::proportional_anon>},
    key<Record>{"Pss_File", kilobytes<&memory_usage::proportional_file>},
    key<Record>{"Pss_Shmem", kilobytes<&memory_usage::proportional_shmem>},
    key<Record>{"Shared_Clean", kilobytes<&memory_usage::shared_clean>, presence::required},
    key<Record>{"Shared_Dirty", kilobytes<&memory_usage::shared_dirty>, presence::required},
    key<Record>{"Private_Clean", kilobytes<&memory_usage::private_clean>, presence::required},
    key<Record>{"Private_Dirty", kilobytes<&memory_usage::private_dirty>, presence::required},
    key<Record>{"Referenced", kilobytes<&memory_usage::referenced>},
    key<Record>{"Anonymous", kilobytes<&memory_usage::anonymous>},
    key<Record>{"KSM", kilobytes<&memory_usage::merged>},
    key<Record>{"LazyFree", kilobytes<&memory_usage::lazily_free>},
    key<Record>{"AnonHugePages", kilobytes<&memory_usage::anonymous_huge>},
    key<Record>{"ShmemPmdMapped", kilobytes<&memory_usage::shmem_huge>},
    key<Record>{"FilePmdMapped", kilobytes<&memory_usage::file_huge>},
    key<Record>{"Shared_Hugetlb", kilobytes<&memory_usage::shared_hugetlb>},
    key<Record>{"Private_Hugetlb", kilobytes<&memory_usage::private_hugetlb>},
    key<Record>{"Swap", kilobytes<&memory_usage::swapped>},
    key<Record>{"SwapPss", kilobytes<&memory_usage::swapped_proportional>},
    key<Record>{"Locked", kilobytes<&memory_usage::locked>},
};

} // namespace detail

} // namespace heaplings
