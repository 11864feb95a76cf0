// Files of lines `Key:   value`, as status, smaps, meminfo and io are: a table says which key goes
// into which member.
#pragma once

#include <heaplings/error.hpp>
#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/units.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

namespace heaplings::detail {

// A number of units of `unit` bytes.
[[nodiscard]] inline bytes read_size(fields& value, bytes unit)
{
    const auto number = value.number<std::int64_t>();
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() / unit.count();
    if (number > most) value.fail("a smaller number");
    return number * unit;
}

// A number of kibibytes, which the kernel writes as `12 kB`.
[[nodiscard]] inline bytes read_kilobytes(fields& value)
{
    const bytes size = read_size(value, bytes{1024});
    value.expect(" kB");
    return size;
}

// Reads what follows a key into a record.
template <typename Record>
using value_reader = void (*)(fields& value, Record& record);

// What stands in a table for the kinds of values, each with the member that it goes to:
//     {"Rss", kilobytes<&memory_usage::resident>}
template <auto Member>
inline constexpr auto kilobytes =
    [](fields& value, auto& record) { record.*Member = read_kilobytes(value); };
template <auto Member>
inline constexpr auto pages =
    [](fields& value, auto& record) { record.*Member = read_size(value, page_size()); };
template <auto Member>
inline constexpr auto plain_bytes =
    [](fields& value, auto& record) { record.*Member = read_size(value, bytes{1}); };
template <auto Member, typename Number = std::uint64_t, int Base = 10>
inline constexpr auto plain_number =
    [](fields& value, auto& record) { record.*Member = value.number<Number, Base>(); };
template <auto Member>
inline constexpr auto zero_or_one =
    [](fields& value, auto& record) { record.*Member = value.flag('1', '0'); };

// Whether a file without the key is malformed, or of a kernel that has no such key.
enum class presence { optional, required };

template <typename Record>
struct key
{
    using record_type = Record;

    std::string_view name;
    value_reader<Record> read;
    presence needed = presence::optional;
};

// Reads lines into a record by `Table`, an array of keys. It is best in the order of the file: each
// key is looked for behind the one before.
template <const auto& Table>
class key_value_reader
{
public:
    using record_type = typename std::remove_cvref_t<decltype(Table[0])>::record_type;

    // Reads one line. A key that is not in the table is ignored.
    // Throws parse_error if the line has no key, if a known key has another value than the table
    // says, or was there before.
    void read(fields& line, record_type& record, char separator = ':')
    {
        const std::string_view name = line.before(separator);
        read_value(name, line, record);
    }

    // The same for a line whose key, `name`, has been read.
    void read_value(std::string_view name, fields& line, record_type& record)
    {
        const std::size_t index = find(name);
        if (index == Table.size()) return;

        if (seen_[index]) line.fail("each key once");
        seen_.set(index);
        next_ = index + 1;
        line.skip_blanks();
        Table[index].read(line, record);
        line.expect_end();
    }

    // Throws parse_error, which names the place `end`, if a required key was missing.
    void expect_required(const fields& end) const
    {
        for (std::size_t i = 0; i < Table.size(); ++i) {
            if (Table[i].needed == presence::required && !seen_[i]) end.fail(Table[i].name);
        }
    }

private:
    // The index of the key called `name`; the table's size if there is none.
    [[nodiscard]] std::size_t find(std::string_view name) const noexcept
    {
        if (!may_be_known[mark(name)]) return Table.size();
        for (std::size_t i = next_; i < Table.size(); ++i) {
            if (Table[i].name == name) return i;
        }
        for (std::size_t i = 0; i < next_; ++i) {
            if (Table[i].name == name) return i;
        }
        return Table.size();
    }

    // A number below 512 that few names share. Most keys of a file are in no table: to compare each
    // with all names in it would take longer than all the rest.
    [[nodiscard]] static constexpr std::size_t mark(std::string_view name) noexcept
    {
        if (name.empty()) return 0;
        const auto letter = [&](std::size_t i) { return static_cast<unsigned char>(name[i]); };
        return (name.size() + 5U * letter(0) + 31U * letter(name.size() / 2) +
                97U * letter(name.size() - 1)) %
               512;
    }
    static constexpr auto may_be_known = [] {
        std::array<bool, 512> marked{};
        for (const auto& known : Table) marked[mark(known.name)] = true;
        return marked;
    }();

    std::bitset<Table.size()> seen_;
    std::size_t next_ = 0; // behind the key that was found last
};

} // namespace heaplings::detail
