// How long tasks have waited for memory: /proc/pressure/memory.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/lines.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heaplings {

// Pressure stall information on memory (the kernel's Documentation/accounting/psi.rst).
struct memory_pressure
{
    // The share of time that was lost, in percent with two decimals, of the last 10, 60 and 300
    // seconds, and all of it since boot.
    struct stalls
    {
        double percent_10s = 0;
        double percent_60s = 0;
        double percent_300s = 0;
        std::chrono::microseconds total{};

        [[nodiscard]] friend constexpr bool operator==(const stalls&,
                                                       const stalls&) noexcept = default;
    };

    stalls some; // at least one task waited
    stalls full; // all tasks that were not idle waited: nothing got done

    [[nodiscard]] friend constexpr bool operator==(const memory_pressure&,
                                                   const memory_pressure&) noexcept = default;
};

namespace detail {

// One line, `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`.
[[nodiscard]] inline memory_pressure::stalls parse_stalls(fields line, std::string_view kind)
{
    const auto percent = [&](std::string_view name) {
        line.expect(name);
        const auto whole = line.number<unsigned>();
        line.expect('.');
        if (line.rest().find(' ') != 2) line.fail("two decimals");
        const auto hundredths = line.number<unsigned>();
        return whole + hundredths / 100.0;
    };
    memory_pressure::stalls stalls;
    line.expect(kind);
    stalls.percent_10s = percent(" avg10=");
    stalls.percent_60s = percent(" avg60=");
    stalls.percent_300s = percent(" avg300=");
    line.expect(" total=");
    stalls.total = std::chrono::microseconds{line.number<std::int64_t>()};
    line.expect_end();
    return stalls;
}

} // namespace detail

// Reads `<proc>/pressure/memory`; nothing if this kernel keeps no such account: before Linux 4.20,
// or built or started without it (psi=1).
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if it is malformed.
[[nodiscard]] inline std::optional<memory_pressure>
read_memory_pressure(std::string_view proc = "/proc")
{
    detail::proc_file file{"pressure/memory", proc};
    if (!file.is_open()) return std::nullopt;

    memory_pressure pressure;
    detail::line_reader<512> lines{file};
    const auto some = lines.next();
    if (!some && lines.process_gone()) return std::nullopt;
    pressure.some = detail::parse_stalls(some.value_or(lines.end()), "some");
    pressure.full = detail::parse_stalls(lines.next().value_or(lines.end()), "full");
    return pressure;
}

} // namespace heaplings
