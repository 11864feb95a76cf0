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
    std::string_view name;
    value_reader<Record> read;
    presence needed = presence::optional;
};

// Reads lines into a record by a table of keys.
template <typename Record, std::size_t Size>
class key_value_reader
{
public:
    // `table` is best in the order of the file: each key is looked for behind the one before.
    explicit key_value_reader(const std::array<key<Record>, Size>& table) noexcept : table_{table}
    {
        for (const key<Record>& one : table) marks_.set(mark_of(one.name));
    }

    // Reads one line. A key that is not in the table is ignored.
    // Throws parse_error if the line has no key, if a known key has another value than the table
    // says, or was there before.
    void read(fields& line, Record& record, char separator = ':')
    {
        const std::string_view name = line.before(separator);
        read_value(name, line, record);
    }

    // The same for a line whose key, `name`, has been read.
    void read_value(std::string_view name, fields& line, Record& record)
    {
        const std::size_t index = find(name);
        if (index == Size) return;

        if (seen_[index]) line.fail("each key once");
        seen_.set(index);
        next_ = index + 1;
        line.skip_blanks();
        table_[index].read(line, record);
        line.expect_end();
    }

    // Throws parse_error, which names the place `end`, if a required key was missing.
    void expect_required(const fields& end) const
    {
        for (std::size_t i = 0; i < Size; ++i) {
            if (table_[i].needed == presence::required && !seen_[i]) end.fail(table_[i].name);
        }
    }

private:
    // The index of the key called `name`; Size if there is none.
    [[nodiscard]] std::size_t find(std::string_view name) const noexcept
    {
        if (!marks_[mark_of(name)]) return Size; // as most that are not in the table
        for (std::size_t i = next_; i < Size; ++i) {
            if (table_[i].name == name) return i;
        }
        for (std::size_t i = 0; i < next_; ++i) {
            if (table_[i].name == name) return i;
        }
        return Size;
    }

    // A number below 256 that tells most names apart.
    [[nodiscard]] static std::size_t mark_of(std::string_view name) noexcept
    {
        if (name.empty()) return 0;
        const auto middle = static_cast<unsigned char>(name[name.size() / 2]);
        const auto last = static_cast<unsigned char>(name.back());
        return (name.size() * 37 + middle * 11U + last) % 256;
    }

    const std::array<key<Record>, Size>& table_;
    std::bitset<256> marks_; // of the names in the table
    std::bitset<Size> seen_;
    std::size_t next_ = 0; // behind the key that was found last
};

} // namespace heaplings::detail
