// Taking a line of the kernel log apart. Nothing here throws: such lines may be anything.
#pragma once

#include <heaplings/units.hpp>

#include <sys/types.h>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace heaplings::detail {

// Reads a text from left to right. A function that finds something else than it looks for leaves
// the scanner where it was.
class scanner
{
public:
    constexpr explicit scanner(std::string_view text) noexcept : rest_{text} {}

    [[nodiscard]] constexpr std::string_view rest() const noexcept { return rest_; }
    [[nodiscard]] constexpr bool at_end() const noexcept { return rest_.empty(); }

    // Passes over `text`: whether it came next.
    constexpr bool skip(std::string_view text) noexcept
    {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    // Passes over spaces: whether there were any.
    constexpr bool skip_blanks() noexcept
    {
        const auto size = rest_.size();
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
        return rest_.size() < size;
    }

    // The text up to `mark`, which is passed over.
    [[nodiscard]] constexpr std::optional<std::string_view> before(std::string_view mark) noexcept
    {
        return split(rest_.find(mark), mark);
    }
    [[nodiscard]] constexpr std::optional<std::string_view>
    before_last(std::string_view mark) noexcept
    {
        return split(rest_.rfind(mark), mark);
    }

    // The next user, which the kernel mostly prints as a signed number.
    [[nodiscard]] std::optional<uid_t> user() noexcept
    {
        const scanner before = *this;
        const auto uid = number<std::int64_t>();
        if (uid && std::numeric_limits<std::int32_t>::min() <= *uid &&
            *uid <= std::numeric_limits<uid_t>::max()) {
            return static_cast<uid_t>(*uid);
        }
        *this = before;
        return std::nullopt;
    }

    // The next number; with a minus sign only if Number is signed.
    template <std::integral Number>
    [[nodiscard]] std::optional<Number> number(int base = 10) noexcept
    {
        Number value{};
        const char* const first = rest_.data();
        const auto [end, error] = std::from_chars(first, first + rest_.size(), value, base);
        if (error != std::errc{}) return std::nullopt;
        rest_.remove_prefix(static_cast<std::size_t>(end - first));
        return value;
    }

    // The next number as a size of so many `unit`; nothing if it does not fit.
    [[nodiscard]] std::optional<bytes> size(bytes unit) noexcept
    {
        const scanner before = *this;
        const auto count = number<std::int64_t>();
        const std::int64_t most = std::numeric_limits<std::int64_t>::max() / unit.count();
        if (count && 0 <= *count && *count <= most) return *count * unit;
        *this = before;
        return std::nullopt;
    }

    // The next size with the unit `kB`, by which the kernel means 1024 bytes.
    [[nodiscard]] std::optional<bytes> kilobytes() noexcept
    {
        const scanner before = *this;
        const auto value = size(bytes{1024});
        if (value && (skip("kB") || skip("lB"))) return value; // Linux 4.6's oom_reaper wrote lB
        *this = before;
        return std::nullopt;
    }

private:
    constexpr std::optional<std::string_view> split(std::size_t index,
                                                    std::string_view mark) noexcept
    {
        if (index == rest_.npos) return std::nullopt;
        const std::string_view text = rest_.substr(0, index);
        rest_.remove_prefix(index + mark.size());
        return text;
    }

    std::string_view rest_;
};

} // namespace heaplings::detail
