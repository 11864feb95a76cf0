// The address space of a process, mapping by mapping: /proc/<pid>/maps.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/proc/detail/mapping_query.hpp>
#include <heaplings/proc/detail/next_iterator.hpp>
#include <heaplings/units.hpp>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ostream>
#include <span>
#include <string_view>

namespace heaplings {

// A mapping: a run of pages with the same permissions and the same origin (proc_pid_maps(5)).
struct mapping
{
    struct permission_bits
    {
        bool read = false;
        bool write = false;
        bool execute = false;
        bool shared = false; // else private: copied on write

        [[nodiscard]] friend constexpr bool operator==(permission_bits,
                                                       permission_bits) noexcept = default;
    };
    struct device_number
    {
        unsigned major = 0;
        unsigned minor = 0;

        [[nodiscard]] friend constexpr bool operator==(device_number,
                                                       device_number) noexcept = default;
    };

    std::uintptr_t begin = 0;
    std::uintptr_t end = 0; // the first address behind
    permission_bits permissions;
    std::uint64_t offset = 0; // where in the file `begin` lies, in bytes
    device_number device;     // of the file; 0:0 for anonymous memory
    std::uint64_t inode = 0;  // of the file; 0 for anonymous memory

    // The file, or a name in brackets such as [heap], [stack], [anon:...]; empty for other
    // anonymous memory. As the kernel writes it: a newline is \012, a deleted file ends in "
    // (deleted)", and neither can be told from a file that is really called so.
    std::string_view path;
    bool path_is_cut =
        false; // longer than maps_file holds: PATH_MAX characters, all of them escaped

    [[nodiscard]] constexpr bytes size() const noexcept { return bytes{end - begin}; }
    [[nodiscard]] constexpr bool contains(std::uintptr_t address) const noexcept
    {
        return begin <= address && address < end;
    }
};

// How the reading of maps came to an end.
enum class maps_end {
    none,      // it has not: there may be more mappings
    complete,  // all mappings were seen
    cut_short, // the process exited or called exec meanwhile: those seen are not all
    no_memory, // there are none: a kernel thread, a zombie, a process about to exit
    gone,      // there is no such process
};

inline std::ostream& operator<<(std::ostream& out, mapping::permission_bits permissions)
{
    return out << (permissions.read ? 'r' : '-') << (permissions.write ? 'w' : '-')
               << (permissions.execute ? 'x' : '-') << (permissions.shared ? 's' : 'p');
}

[[nodiscard]] constexpr std::string_view to_string(maps_end end) noexcept
{
    switch (end) {
    case maps_end::none:
        return "none";
    case maps_end::complete:
        return "complete";
    case maps_end::cut_short:
        return "cut short";
    case maps_end::no_memory:
        return "no memory";
    case maps_end::gone:
        break;
    }
    return "gone";
}

inline std::ostream& operator<<(std::ostream& out, maps_end end)
{
    return out << to_string(end);
}

namespace detail {

// Any path that can be opened, PATH_MAX characters long and each escaped, and what precedes it.
inline constexpr std::size_t longest_mapping_line = 4 * PATH_MAX + 128;

// `begin-end rwxp offset major:minor inode    path`, all but the inode in hexadecimal.
[[nodiscard]] inline mapping parse_mapping(fields line)
{
    mapping m;
    m.begin = line.number<std::uintptr_t, 16>();
    line.expect('-');
    m.end = line.number<std::uintptr_t, 16>();
    if (m.end <= m.begin) line.fail("an end behind the begin");
    line.expect(' ');
    m.permissions.read = line.flag('r', '-');
    m.permissions.write = line.flag('w', '-');
    m.permissions.execute = line.flag('x', '-');
    m.permissions.shared = line.flag('s', 'p');
    line.expect(' ');
    m.offset = line.number<std::uint64_t, 16>();
    line.expect(' ');
    m.device.major = line.number<unsigned, 16>();
    line.expect(':');
    m.device.minor = line.number<unsigned, 16>();
    line.expect(' ');
    m.inode = line.number<std::uint64_t>();
    line.expect(' ');
    line.skip_blanks();
    m.path = line.rest();
    return m;
}

[[nodiscard]] inline mapping to_mapping(const mapping_query& answer, std::string_view path)
{
    const auto has = [&](std::uint64_t flag) { return (answer.flags & flag) != 0; };
    mapping m;
    m.begin = static_cast<std::uintptr_t>(answer.begin);
    m.end = static_cast<std::uintptr_t>(answer.end);
    m.permissions = {has(mapping_query::readable), has(mapping_query::writable),
                     has(mapping_query::executable), has(mapping_query::shared)};
    m.offset = answer.offset;
    m.device = {answer.device_major, answer.device_minor};
    m.inode = answer.inode;
    m.path = path;
    return m;
}

// What maps_file and smaps_file have in common: a `Record` for each mapping, which begins with the
// mapping's line.
template <typename File, typename Record>
class mapping_records
{
public:
    using iterator = next_iterator<File, Record>;

    // Begins anew with the first mapping.
    void rewind() noexcept
    {
        if (!file_.is_open()) return;
        lines_.rewind();
        end_ = maps_end::none;
    }

    // Why there was no next mapping.
    [[nodiscard]] maps_end end_reached() const noexcept { return end_; }

    [[nodiscard]] iterator begin() { return iterator{static_cast<File&>(*this)}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

protected:
    mapping_records(process_id process, std::string_view name, std::string_view proc)
        : file_{process, name, proc}, lines_{file_}
    {
        if (!file_.is_open()) end_ = maps_end::gone;
    }

    // Reads the next line, a mapping's; nothing after the last. Its path is valid until the next
    // line is read.
    [[nodiscard]] std::optional<mapping> next_mapping()
    {
        if (end_ != maps_end::none) return std::nullopt;
        if (auto line = lines_.next()) {
            std::optional<mapping> m{parse_mapping(*line)};
            m->path_is_cut = lines_.line_is_cut();
            return m;
        }
        end_ = why_ended();
        return std::nullopt;
    }

    // Asks the kernel for the mapping that holds `address`, in the place of the text: whether it
    // answered, with `found` or with none. The path is valid until the next line is read.
    [[nodiscard]] bool ask_for(std::uintptr_t address, std::optional<mapping>& found)
    {
        mapping_query query;
        query.address = address;
        const std::span<char> name = lines_.buffer().first(PATH_MAX);
        const query_answer answer = ask(file_, query, name);
        const std::string_view path{name.data(), std::max(query.name_size, 1U) - 1};
        if (answer == query_answer::none || path.find('\n') != path.npos) return false;
        if (answer == query_answer::found) found = to_mapping(query, path);
        if (answer == query_answer::not_mapped) end_ = maps_end::complete;
        return true;
    }

    using line_source = line_reader<longest_mapping_line, handed_out::in_pieces>;
    [[nodiscard]] line_source& lines() noexcept { return lines_; }

private:
    // The text ends early, at the end of a line, when the address space goes. It then has no first
    // mapping any more either.
    [[nodiscard]] maps_end why_ended()
    {
        char first;
        const bool seen = !lines_.at_begin();
        if (lines_.process_gone()) return seen ? maps_end::cut_short : maps_end::gone;
        if (file_.read_at(0, {&first, 1}).value_or(0) > 0) return maps_end::complete;
        return seen ? maps_end::cut_short : maps_end::no_memory;
    }

    proc_file file_;
    line_source lines_;
    maps_end end_ = maps_end::none;
};

} // namespace detail

// The file maps of a process, open for reading. It takes about 21 KiB, best on the stack, and no
// heap, so that reading it changes nothing in what it shows.
//
//     maps_file maps{process_id{pid}};
//     for (const mapping& m : maps) { ... }
//     if (maps.end_reached() == maps_end::cut_short) ...
//
// The kernel writes the mappings in the order of their addresses, a page of text at a time.
// Mappings that come or go meanwhile are seen or not; all others are seen once.
class maps_file : public detail::mapping_records<maps_file, mapping>
{
public:
    // Opens `<proc>/<pid>/maps`; a process that is gone has no mappings.
    //
    // `proc` is the mount point; tests pass a directory of their own.
    // Throws std::system_error if the file may not be read.
    explicit maps_file(process_id process = this_process, std::string_view proc = "/proc")
        : mapping_records{process, "maps", proc}
    {
    }

    // The next mapping, nothing after the last. Its path is valid until the next call.
    // Throws parse_error if the line is malformed, std::system_error if reading fails.
    [[nodiscard]] std::optional<mapping> next() { return next_mapping(); }

    // The mapping that holds `address`, as it is now; nothing if the address is not mapped. The
    // path is valid until the next call, before which the file begins anew. Since Linux 6.11 the
    // kernel looks the address up; before, the text is read up to there. Throws as next() does.
    [[nodiscard]] std::optional<mapping> find(std::uintptr_t address)
    {
        std::optional<mapping> found;
        rewind();
        if (end_reached() != maps_end::none || ask_for(address, found)) return found;
        while ((found = next()) && !found->contains(address)) {
        }
        if (found) rewind();
        return found;
    }
};

} // namespace heaplings
