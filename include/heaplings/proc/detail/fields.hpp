// Taking a line of /proc apart.
#pragma once

#include <heaplings/error.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string_view>
#include <type_traits>

namespace heaplings::detail {

// The value of each character as a digit, 0 to 15; 16 for what is no digit. A table, because the
// digits of an address are random and a branch on them is mispredicted every other time.
inline constexpr auto digit_values = [] {
    std::array<unsigned char, 256> values{};
    values.fill(16);
    for (unsigned char i = 0; i < 10; ++i) values[static_cast<unsigned char>('0' + i)] = i;
    for (unsigned char i = 0; i < 6; ++i) {
        values[static_cast<unsigned char>('a' + i)] = static_cast<unsigned char>(10 + i);
    }
    return values;
}();

// Reads a line from left to right. What does not fit throws parse_error with file, line and text.
// The functions that read single characters are inlined in any case: the object is then kept in
// registers, and to take a line of maps apart takes a fifth less time.
class fields
{
public:
    // `file` and `line` say where `text` is from; both views outlive the object.
    constexpr fields(std::string_view file, std::size_t line, std::string_view text) noexcept
        : file_{file}, line_{line}, text_{text}, next_{text.data()}
    {
    }

    // The next number, digits only: no sign, no 0x.
    template <std::integral Number, int Base = 10>
    [[gnu::always_inline]] [[nodiscard]] Number number()
    {
        static_assert(Base == 10 || Base == 16);
        using limits = std::numeric_limits<Number>;
        // So many digits always fit. To divide for each of them would be most of the work.
        constexpr std::size_t few = Base == 16 ? limits::digits / 4 : limits::digits10;
        Number value = 0;
        const char* next = next_;
        if constexpr (Base == 16 && few >= 16) next = eight_digits(value);
        for (const char* const sure = next_ + std::min(few, left()); next != sure; ++next) {
            const unsigned char digit = value_of(*next);
            if (digit >= Base) break;
            value = value * Base + digit;
        }
        for (; next != last() && value_of(*next) < Base; ++next) {
            const unsigned char digit = value_of(*next);
            if (value > (limits::max() - digit) / Base) fail("a smaller number");
            value = value * Base + digit;
        }
        if (next == next_) fail(Base == 16 ? "a hexadecimal number" : "a number");
        next_ = next;
        return value;
    }

    // The next number, with a minus sign if it is negative.
    template <std::signed_integral Number>
    [[nodiscard]] Number signed_number()
    {
        using magnitude_type = std::make_unsigned_t<Number>;
        constexpr auto most = static_cast<magnitude_type>(std::numeric_limits<Number>::max());
        const bool negative = comes('-');
        if (negative) ++next_;
        const auto magnitude = number<magnitude_type>();
        if (magnitude > most + (negative ? 1 : 0)) fail("a smaller number");
        return static_cast<Number>(negative ? magnitude_type{0} - magnitude : magnitude);
    }

    // The text up to the first `c`, or up to the last, which is passed over.
    [[nodiscard]] std::string_view before(char c) { return before_index(rest().find(c), c); }
    [[nodiscard]] std::string_view before_last(char c) { return before_index(rest().rfind(c), c); }

    // The next character, which is `yes` or `no`: whether it is `yes`.
    [[gnu::always_inline]] [[nodiscard]] bool flag(char yes, char no)
    {
        const bool set = comes(yes);
        if (!set && !comes(no)) {
            const char either[] = {yes, ' ', 'o', 'r', ' ', no};
            fail({either, sizeof either});
        }
        ++next_;
        return set;
    }

    // The next character.
    [[nodiscard]] char character()
    {
        if (next_ == last()) fail("a character");
        return *next_++;
    }

    // The next character, which is a letter.
    [[nodiscard]] char letter()
    {
        const char c = next_ == last() ? '\0' : *next_;
        if ((c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c)) fail("a letter");
        ++next_;
        return c;
    }

    // The next character is `c`.
    [[gnu::always_inline]] void expect(char c)
    {
        if (!comes(c)) fail({&c, 1});
        ++next_;
    }

    // `text` comes next.
    void expect(std::string_view text)
    {
        if (!rest().starts_with(text)) fail(text);
        next_ += text.size();
    }

    // Nothing is left.
    void expect_end() const
    {
        if (next_ != last()) fail("the end of the line");
    }

    // Any number of spaces and tabs.
    [[gnu::always_inline]] void skip_blanks() noexcept
    {
        const char* next = next_; // a member would be written for each blank
        while (next != last() && (*next == ' ' || *next == '\t')) ++next;
        next_ = next;
    }

    // What is left, which is passed over.
    [[nodiscard]] std::string_view take_rest() noexcept
    {
        const std::string_view text = rest();
        next_ = last();
        return text;
    }

    // What is left.
    [[nodiscard]] std::string_view rest() const noexcept { return {next_, left()}; }

    // Throws parse_error: `expected` did not come next.
    [[noreturn, gnu::always_inline]] void fail(std::string_view expected) const
    {
        fail(file_, line_, text_, expected);
    }

private:
    [[nodiscard]] const char* last() const noexcept { return text_.data() + text_.size(); }
    [[nodiscard]] std::size_t left() const noexcept
    {
        return static_cast<std::size_t>(last() - next_);
    }
    [[nodiscard]] bool comes(char c) const noexcept { return next_ != last() && *next_ == c; }
    [[nodiscard]] static unsigned char value_of(char digit) noexcept
    {
        return digit_values[static_cast<unsigned char>(digit)];
    }

    // If the next eight characters are hexadecimal digits, makes them a value. Returns where the
    // next digit may be. Addresses have so many, and there is no branch between them.
    template <typename Number>
    [[gnu::always_inline]] const char* eight_digits(Number& value) const noexcept
    {
        if (left() < 8) return next_;
        Number read = 0;
        unsigned all = 0;
        for (int i = 0; i < 8; ++i) {
            const unsigned char digit = value_of(next_[i]);
            all |= digit;
            read = read << 4 | digit;
        }
        if (all > 15) return next_;
        value = read;
        return next_ + 8;
    }

    // Not a member of an object, so that the compiler may keep the object in registers.
    [[noreturn, gnu::noinline, gnu::cold]] static void
    fail(std::string_view file, std::size_t line, std::string_view text, std::string_view expected)
    {
        throw parse_error{file, line, text, expected};
    }

    std::string_view before_index(std::size_t index, char c)
    {
        if (index == text_.npos) fail({&c, 1});
        const std::string_view text{next_, index};
        next_ += index + 1;
        return text;
    }

    std::string_view file_;
    std::size_t line_;
    std::string_view text_;
    const char* next_;
};

} // namespace heaplings::detail
