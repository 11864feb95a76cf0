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
#include <utility>

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
        : file_{file}, line_{line}, text_{text}, rest_{text}
    {
    }

    // The next number, digits only: no sign, no 0x.
    template <std::integral Number, int Base = 10>
    [[nodiscard]] Number number()
    {
        static_assert(Base == 10 || Base == 16);
        using limits = std::numeric_limits<Number>;
        constexpr Number most = limits::max();
        // So many digits always fit. To divide for each of them would be most of the work.
        constexpr std::size_t few = Base == 16 ? limits::digits / 4 : limits::digits10;
        Number value = 0;
        const char* next = rest_.data();
        const auto digit = [&] { return Number{digit_values[static_cast<unsigned char>(*next)]}; };
        for (const char* const last = next + std::min(few, rest_.size());
             next != last && digit() < Base; ++next) {
            value = value * Base + digit();
        }
        for (const char* const last = rest_.data() + rest_.size(); next != last && digit() < Base;
             ++next) {
            if (value > (most - digit()) / Base) fail("a smaller number");
            value = value * Base + digit();
        }
        if (next == rest_.data()) fail(Base == 16 ? "a hexadecimal number" : "a number");
        rest_.remove_prefix(static_cast<std::size_t>(next - rest_.data()));
        return value;
    }

    // The next number, with a minus sign if it is negative.
    template <std::signed_integral Number>
    [[nodiscard]] Number signed_number()
    {
        using magnitude_type = std::make_unsigned_t<Number>;
        constexpr auto most = static_cast<magnitude_type>(std::numeric_limits<Number>::max());
        const bool negative = rest_.starts_with('-');
        if (negative) rest_.remove_prefix(1);
        const auto magnitude = number<magnitude_type>();
        if (magnitude > most + (negative ? 1 : 0)) fail("a smaller number");
        return static_cast<Number>(negative ? magnitude_type{0} - magnitude : magnitude);
    }

    // The text up to the first `c`, or up to the last, which is passed over.
    [[nodiscard]] std::string_view before(char c) { return before_index(rest_.find(c), c); }
    [[nodiscard]] std::string_view before_last(char c) { return before_index(rest_.rfind(c), c); }

    // The next character, which is `yes` or `no`: whether it is `yes`.
    [[nodiscard]] bool flag(char yes, char no)
    {
        const bool set = rest_.starts_with(yes);
        if (!set && !rest_.starts_with(no)) {
            const char either[] = {yes, ' ', 'o', 'r', ' ', no};
            fail({either, sizeof either});
        }
        rest_.remove_prefix(1);
        return set;
    }

    // The next character.
    [[nodiscard]] char character()
    {
        if (rest_.empty()) fail("a character");
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    // The next character, which is a letter.
    [[nodiscard]] char letter()
    {
        const char c = rest_.empty() ? '\0' : rest_.front();
        if ((c < 'A' || 'Z' < c) && (c < 'a' || 'z' < c)) fail("a letter");
        rest_.remove_prefix(1);
        return c;
    }

    // The next character is `c`.
    void expect(char c)
    {
        if (!rest_.starts_with(c)) fail({&c, 1});
        rest_.remove_prefix(1);
    }

    // `text` comes next.
    void expect(std::string_view text)
    {
        if (!rest_.starts_with(text)) fail(text);
        rest_.remove_prefix(text.size());
    }

    // Nothing is left.
    void expect_end() const
    {
        if (!rest_.empty()) fail("the end of the line");
    }

    // Any number of spaces and tabs.
    void skip_blanks() noexcept
    {
        while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
    }

    // What is left, which is passed over.
    [[nodiscard]] std::string_view take_rest() noexcept { return std::exchange(rest_, {}); }

    // What is left.
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

    // Throws parse_error: `expected` did not come next.
    [[noreturn]] void fail(std::string_view expected) const
    {
        fail(file_, line_, text_, expected);
    }

private:
    // Not a member of an object, so that the compiler may keep the object in registers.
    [[noreturn, gnu::noinline, gnu::cold]] static void
    fail(std::string_view file, std::size_t line, std::string_view text, std::string_view expected)
    {
        throw parse_error{file, line, text, expected};
    }

    std::string_view before_index(std::size_t index, char c)
    {
        if (index == rest_.npos) fail({&c, 1});
        const std::string_view text = rest_.substr(0, index);
        rest_.remove_prefix(index + 1);
        return text;
    }

    std::string_view file_;
    std::size_t line_;
    std::string_view text_;
    std::string_view rest_;
};

} // namespace heaplings::detail
