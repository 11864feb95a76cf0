// Sizes as a type: a number of bytes that can't be mistaken for pages, kB or a count of objects.
#pragma once

#include <unistd.h>

#include <compare>
#include <concepts>
#include <cstdint>
#include <iosfwd>

namespace heaplings {

// A size or a difference of sizes, in bytes: 64 bits, signed, so that shrinking is a negative
// number.
//
// Sizes add, subtract and compare among themselves, multiply and divide by whole numbers; a size
// divided by a size is a plain number. Overflow is undefined, as for std::int64_t.
class bytes
{
public:
    constexpr bytes() noexcept = default;

    // `count` bytes. Values above 2^63 - 1, which no memory has, wrap round to negative.
    template <std::integral Count>
    constexpr explicit bytes(Count count) noexcept : count_{static_cast<std::int64_t>(count)}
    {
    }

    [[nodiscard]] constexpr std::int64_t count() const noexcept { return count_; }

    [[nodiscard]] friend constexpr auto operator<=>(bytes, bytes) noexcept = default;

    constexpr bytes& operator+=(bytes other) noexcept
    {
        count_ += other.count_;
        return *this;
    }
    constexpr bytes& operator-=(bytes other) noexcept
    {
        count_ -= other.count_;
        return *this;
    }

    [[nodiscard]] friend constexpr bytes operator+(bytes a, bytes b) noexcept { return a += b; }
    [[nodiscard]] friend constexpr bytes operator-(bytes a, bytes b) noexcept { return a -= b; }
    [[nodiscard]] friend constexpr bytes operator-(bytes a) noexcept { return bytes{-a.count_}; }

    // `factor` times the size.
    template <std::integral Factor>
    [[nodiscard]] friend constexpr bytes operator*(bytes size, Factor factor) noexcept
    {
        return bytes{size.count_ * static_cast<std::int64_t>(factor)};
    }
    template <std::integral Factor>
    [[nodiscard]] friend constexpr bytes operator*(Factor factor, bytes size) noexcept
    {
        return size * factor;
    }

    // One of `parts` equal parts, rounded towards zero. `parts` is not 0.
    template <std::integral Parts>
    [[nodiscard]] friend constexpr bytes operator/(bytes size, Parts parts) noexcept
    {
        return bytes{size.count_ / static_cast<std::int64_t>(parts)};
    }

    // How many times `part` goes into `whole`, rounded towards zero, and what is left over. `part`
    // is not 0 bytes.
    [[nodiscard]] friend constexpr std::int64_t operator/(bytes whole, bytes part) noexcept
    {
        return whole.count_ / part.count_;
    }
    [[nodiscard]] friend constexpr bytes operator%(bytes whole, bytes part) noexcept
    {
        return bytes{whole.count_ % part.count_};
    }

private:
    std::int64_t count_ = 0;
};

// 1_KiB is 1024 bytes, 1_MiB is 1024 KiB, 1_GiB is 1024 MiB (IEC 80000-13).
inline namespace literals {
[[nodiscard]] consteval bytes operator""_B(unsigned long long count)
{
    return bytes{count};
}
[[nodiscard]] consteval bytes operator""_KiB(unsigned long long count)
{
    return 1024 * bytes{count};
}
[[nodiscard]] consteval bytes operator""_MiB(unsigned long long count)
{
    return 1024 * 1024 * bytes{count};
}
[[nodiscard]] consteval bytes operator""_GiB(unsigned long long count)
{
    return 1024 * 1024 * 1024 * bytes{count};
}
} // namespace literals

// Size of a page, the unit in which the kernel hands out memory: sysconf(3), _SC_PAGESIZE.
[[nodiscard]] inline bytes page_size() noexcept
{
    return bytes{sysconf(_SC_PAGESIZE)};
}

// Number of pages of `page` bytes that hold `size` bytes: a started page counts as a whole one.
// `size` is not negative.
[[nodiscard]] constexpr std::int64_t page_count(bytes size, bytes page = page_size()) noexcept
{
    return size / page + (size % page != bytes{0} ? 1 : 0);
}

// `size` rounded up to whole pages of `page` bytes. `size` is not negative.
[[nodiscard]] constexpr bytes round_up_to_page(bytes size, bytes page = page_size()) noexcept
{
    return page_count(size, page) * page;
}

namespace detail {

// The text of a size, written back to front as the digits come. The longest is
// "-9,223,372,036,854,775,807 B (-8192.0 PiB)".
class size_text
{
public:
    constexpr explicit size_text(bytes size) noexcept
    {
        const bool negative = size < bytes{0};
        const auto bits = static_cast<std::uint64_t>(size.count());
        const std::uint64_t magnitude = negative ? 0 - bits : bits; // -2^63 has no positive int64_t

        if (magnitude >= 1024) {
            prepend(')');
            prepend_scaled(magnitude);
            if (negative) prepend('-');
            prepend('(');
            prepend(' ');
        }
        prepend('B');
        prepend(' ');
        prepend_grouped(magnitude);
        if (negative) prepend('-');
    }

    [[nodiscard]] constexpr const char* c_str() const noexcept { return buffer_ + first_; }

private:
    constexpr void prepend(char c) noexcept { buffer_[--first_] = c; }

    constexpr void prepend_number(std::uint64_t number) noexcept
    {
        do {
            prepend(static_cast<char>('0' + number % 10));
            number /= 10;
        } while (number != 0);
    }

    constexpr void prepend_grouped(std::uint64_t number) noexcept
    {
        for (; number >= 1000; number /= 1000) {
            for (std::uint64_t digits = number % 1000, n = 0; n < 3; ++n, digits /= 10) {
                prepend(static_cast<char>('0' + digits % 10));
            }
            prepend(',');
        }
        prepend_number(number);
    }

    constexpr void prepend_scaled(std::uint64_t magnitude) noexcept
    {
        const char* prefix = "KMGTP";
        std::uint64_t unit = 1024;
        for (; magnitude / unit >= 1024 && prefix[1] != '\0'; ++prefix) unit *= 1024;

        prepend('B');
        prepend('i');
        prepend(*prefix);
        prepend(' ');
        std::uint64_t whole = magnitude / unit;
        if (const std::uint64_t rest = magnitude % unit; rest != 0) {
            const std::uint64_t tenths = (rest * 10 + unit / 2) / unit;
            whole += tenths / 10;
            prepend_number(tenths % 10);
            prepend('.');
        }
        prepend_number(whole);
    }

    char buffer_[48] = {};
    int first_ = sizeof buffer_ - 1; // the last char stays '\0'
};

} // namespace detail

// Prints the exact count and, from 1024 B on, the size to a tenth in the largest unit that it
// fills, without the tenth where it is exact: `24 B`, `200,000 B (195.3 KiB)`, `67,108,864 B (64
// MiB)`, `-4,096 B (-4 KiB)`.
//
// Needs <ostream> where it is called, not here: a learner's file that only counts bytes compiles
// faster without.
template <typename Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, bytes size)
{
    return out << detail::size_text{size}.c_str();
}

} // namespace heaplings
