// The address space of a process with what of it is in RAM, mapping by mapping: /proc/<pid>/smaps.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/proc/detail/next_iterator.hpp>
#include <heaplings/proc/maps.hpp>
#include <heaplings/proc/memory_usage.hpp>
#include <heaplings/units.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace heaplings {

// The flags of a mapping as smaps abbreviates them, two letters each, `rd wr mr mw me ac`
// (proc_pid_smaps(5), VmFlags).
class mapping_flags
{
public:
    // The longest list: each of the 64 bits that a mapping's flags have, three characters.
    static constexpr std::size_t longest = 3 * 64;

    constexpr mapping_flags() noexcept = default;

    // The first `longest` characters of `text`.
    constexpr explicit mapping_flags(std::string_view text) noexcept
        : size_{text.copy(text_, longest)}
    {
    }

    // Whether the two letters `flag` are among them, as "hg" (MADV_HUGEPAGE) or "dd"
    // (MADV_DONTDUMP).
    [[nodiscard]] constexpr bool contains(std::string_view flag) const noexcept
    {
        for (std::size_t i = 0; i + 2 <= size_; i += 3) {
            if (view().substr(i, 2) == flag) return true;
        }
        return false;
    }

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_, size_}; }

private:
    char text_[longest] = {};
    std::size_t size_ = 0;
};

// A mapping and its use of memory (proc_pid_smaps(5)).
struct mapping_usage : memory_usage
{
    mapping where;                         // as in maps
    std::optional<bytes> kernel_page_size; // KernelPageSize: 2 MiB in hugetlbfs
    std::optional<bytes> mmu_page_size;    // MMUPageSize
    std::optional<bool> huge_eligible;     // THPeligible: whether huge pages may be used, since 5.0
    std::optional<std::uint64_t> protection_key; // ProtectionKey, pkeys(7)
    std::optional<mapping_flags> flags;          // VmFlags, since Linux 3.8
};

namespace detail {

// The table of mapping_usage: memory_usage's between what smaps has before and behind it.
inline constexpr auto mapping_usage_keys = [] {
    using entry = key<mapping_usage>;
    constexpr auto flags = [](fields& value, auto& record) {
        std::string_view text = value.take_rest();
        while (text.ends_with(' ')) text.remove_suffix(1);
        record.flags = mapping_flags{text};
    };
    std::array<entry, 5 + memory_usage_keys<mapping_usage>.size()> keys{
        entry{"KernelPageSize", kilobytes<&mapping_usage::kernel_page_size>},
        entry{"MMUPageSize", kilobytes<&mapping_usage::mmu_page_size>},
    };
    std::size_t next = 2;
    for (const entry& shared : memory_usage_keys<mapping_usage>) keys[next++] = shared;
    keys[next++] = {"THPeligible", zero_or_one<&mapping_usage::huge_eligible>};
    keys[next++] = {"ProtectionKey", plain_number<&mapping_usage::protection_key>};
    keys[next++] = {"VmFlags", flags};
    return keys;
}();

} // namespace detail

// The file smaps of a process, open for reading. It takes about 38 KiB, best on the stack, and no
// heap.
//
//     smaps_file smaps{process_id{pid}};
//     while (const auto m = smaps.next()) total += m->resident;
//     if (smaps.end_reached() == maps_end::cut_short) ...
//
// What maps_file says of mappings that come and go is true here too. The kernel walks the page
// tables for each mapping: for the sum alone read_smaps_rollup() takes less time.
class smaps_file : public detail::mapping_records<smaps_file, mapping_usage>
{
public:
    // Opens `<proc>/<pid>/smaps`; a process that is gone has no mappings.
    //
    // `proc` is the mount point; tests pass a directory of their own.
    // Throws std::system_error if the file may not be read.
    explicit smaps_file(process_id process = this_process, std::string_view proc = "/proc")
        : mapping_records{process, "smaps", proc}
    {
    }

    // The next mapping, nothing after the last. Its path is valid until the next call.
    // Throws parse_error if it is malformed, std::system_error if reading fails.
    [[nodiscard]] std::optional<mapping_usage> next()
    {
        const auto head = next_mapping();
        if (!head) return std::nullopt;

        mapping_usage usage;
        usage.where = *head;
        usage.where.path = {path_, head->path.copy(path_, sizeof path_)};
        read_usage(usage);
        return usage;
    }

private:
    // Reads the lines up to the next mapping's first.
    void read_usage(mapping_usage& usage)
    {
        detail::key_value_reader<detail::mapping_usage_keys> reader;
        while (auto line = lines().next()) {
            if (begins_mapping(line->rest())) {
                lines().put_back();
                break;
            }
            reader.read(*line, usage);
        }
        reader.expect_required(lines().end());
    }

    // Whether a line is `begin-end ...` and no `Key: value`.
    [[nodiscard]] static bool begins_mapping(std::string_view line) noexcept
    {
        const auto dash = line.find_first_not_of("0123456789abcdef");
        return dash != line.npos && dash > 0 && line[dash] == '-';
    }

    char path_[detail::longest_mapping_line]; // of the mapping that next() gave last
};

} // namespace heaplings
