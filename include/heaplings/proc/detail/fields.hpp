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
class fields
{
public:
    // `file` and `line` say where `text` is from; both views outlive the object.
    constexpr fields(std::string_view file, std::size_t line, std::string_view text) noexcept
        : file_{file}, line_{line}, text_{text}, next_{text.data()}, last_{text.data() +
                                                                           text.size()}
    {
    }

    // The next number, digits only: no sign, no 0x.
    template <std::integral Number, int Base = 10>
    [[nodiscard]] Number number()
    {
        static_assert(Base == 10 || Base == 16);
        using limits = std::numeric_limits<Number>;
        // So many digits always fit.
        constexpr std::size_t safe_digits = Base == 16 ? limits::digits / 4 : limits::digits10;
        const auto left = static_cast<std::size_t>(last_ - next_);
        const char* const safe_last = next_ + std::min(safe_digits, left);
        const char* next = next_;
        Number value = 0;
        Number digit = 0;
        for (; next != safe_last; ++next) {
            digit = digit_values[static_cast<unsigned char>(*next)];
            if (digit >= Base) break;
            value = static_cast<Number>(value * Base + digit);
        }
        if (next == safe_last) {
            for (; next != last_; ++next) {
                digit = digit_values[static_cast<unsigned char>(*next)];
                if (digit >= Base) break;
                if (value > (limits::max() - digit) / Base) fail("a smaller number");
                value = static_cast<Number>(value * Base + digit);
            }
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
    [[nodiscard]] bool flag(char yes, char no)
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
        if (next_ == last_) fail("a character");
        return *next_++;
    }

    // The next character, which is a letter.
    [[nodiscard]] char letter()
    {
        const char c = next_ == last_ ? '\0' : *next_;
        if ((c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c)) fail("a letter");
        ++next_;
        return c;
    }

    // The next character is `c`.
    void expect(char c)
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
        if (next_ != last_) fail("the end of the line");
    }

    // Any number of spaces and tabs.
    void skip_blanks() noexcept
    {
        while (comes(' ') || comes('\t')) ++next_;
    }

    // What is left, which is passed over.
    [[nodiscard]] std::string_view take_rest() noexcept
    {
        const std::string_view text = rest();
        next_ = last_;
        return text;
    }

    // What is left.
    [[nodiscard]] std::string_view rest() const noexcept
    {
        return {next_, static_cast<std::size_t>(last_ - next_)};
    }

    // Throws parse_error: `expected` did not come next. Takes the object apart, so that compilers
    // can keep one that is local to a function in registers.
    [[noreturn, gnu::always_inline]] void fail(std::string_view expected) const
    {
        fail_at(file_, line_, text_, expected);
    }

private:
    [[noreturn, gnu::noinline, gnu::cold]] static void fail_at(std::string_view file,
                                                               std::size_t line,
                                                               std::string_view text,
                                                               std::string_view expected)
    {
        throw parse_error{file, line, text, expected};
    }

    [[nodiscard]] bool comes(char c) const noexcept { return next_ != last_ && *next_ == c; }

    std::string_view before_index(std::size_t index, char c)
    {
        if (index == std::string_view::npos) fail({&c, 1});
        const std::string_view text = rest().substr(0, index);
        next_ += index + 1;
        return text;
    }

    std::string_view file_;
    std::size_t line_;
    std::string_view text_;
    const char* next_; // what is left: up to last_
    const char* last_;
};

} // namespace heaplings::detail
