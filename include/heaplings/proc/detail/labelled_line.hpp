// A line `Label:   value`, as in status and meminfo.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/units.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace heaplings::detail {

// One such line. What is asked of its value and does not fit throws parse_error with file, line and
// text.
class labelled_line
{
public:
    // `file` and `line` say where `text` is from; both views outlive the object.
    constexpr labelled_line(std::string_view file, std::size_t line, std::string_view text) noexcept
        : file_{file}, line_{line}, text_{text}, label_size_{text.find(':')}
    {
    }

    // What precedes the colon; empty if there is none.
    [[nodiscard]] constexpr std::string_view label() const noexcept
    {
        return label_size_ == text_.npos ? std::string_view{} : text_.substr(0, label_size_);
    }

    // What follows the colon and, in status, the tab behind it: a text that may begin with blanks.
    [[nodiscard]] fields text() const
    {
        fields line{file_, line_, text_};
        for (const char c : label()) line.expect(c);
        line.expect(':');
        if (line.rest().starts_with('\t')) line.expect('\t');
        return line;
    }

    // The same without the blanks.
    [[nodiscard]] fields value() const
    {
        fields line = text();
        line.skip_blanks();
        return line;
    }

    // The value as a number without a unit.
    template <std::unsigned_integral Number, unsigned Base = 10>
    [[nodiscard]] Number number() const
    {
        fields line = value();
        const auto n = line.number<Number, Base>();
        if (!line.rest().empty()) line.fail("a number without a unit");
        return n;
    }

    // The value as a number of kB, by which the kernel means 1024 bytes.
    [[nodiscard]] bytes kilobytes() const
    {
        constexpr auto most =
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 1024;
        fields line = value();
        const auto n = line.number<std::uint64_t>();
        if (n > most) line.fail("a smaller number");
        if (line.rest() != " kB") line.fail("the unit kB");
        return n * bytes{1024};
    }

private:
    std::string_view file_;
    std::size_t line_;
    std::string_view text_;
    std::size_t label_size_;
};

// Where the value of a label goes in an Object.
template <typename Object, typename Value>
struct labelled_member
{
    std::string_view label;
    Value Object::*member;
};

// The member of the table that `label` names; null if none does.
template <typename Object, typename Value, std::size_t Size>
[[nodiscard]] constexpr Value Object::*
find_member(const labelled_member<Object, Value> (&table)[Size], std::string_view label) noexcept
{
    for (const auto& entry : table) {
        if (entry.label == label) return entry.member;
    }
    return nullptr;
}

} // namespace heaplings::detail
