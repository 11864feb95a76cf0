// How much memory the kernel promises: /proc/sys/vm/overcommit_{memory,ratio,kbytes}.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/key_values.hpp>
#include <heaplings/units.hpp>

#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

namespace heaplings {

// What happens to a request for more memory than there is (proc_sys_vm(5), overcommit_memory).
enum class overcommit_mode : unsigned {
    heuristic = 0, // refused only if it alone is more than all RAM and swap
    always = 1,    // granted
    never = 2,     // refused above the commit limit (CommitLimit in meminfo)
};

[[nodiscard]] constexpr std::string_view to_string(overcommit_mode mode) noexcept
{
    switch (mode) {
    case overcommit_mode::heuristic:
        return "heuristic";
    case overcommit_mode::always:
        return "always";
    case overcommit_mode::never:
        break;
    }
    return "never";
}

inline std::ostream& operator<<(std::ostream& out, overcommit_mode mode)
{
    return out << to_string(mode);
}

// The settings of overcommit (proc_sys_vm(5), the kernel's
// Documentation/mm/overcommit-accounting.rst).
//
// In mode never the commit limit is all swap and, of RAM without huge pages, either `fixed` or, if
// that is 0 or missing, `percent_of_ram`.
struct overcommit
{
    overcommit_mode mode{};
    unsigned percent_of_ram = 0; // overcommit_ratio; above 100 is possible
    std::optional<bytes> fixed;  // overcommit_kbytes, since Linux 3.14

    [[nodiscard]] friend constexpr bool operator==(const overcommit&,
                                                   const overcommit&) noexcept = default;
};

namespace detail {

// The one number in `<proc>/sys/vm/<name>`, read by `read`; nothing if there is no such file.
template <typename Read>
[[nodiscard]] auto read_setting(std::string_view name, std::string_view proc, Read read)
    -> std::optional<decltype(read(std::declval<fields&>()))>
{
    proc_file file{name, proc};
    char buffer[64];
    const auto text = read_small(file, buffer);
    if (!text) return std::nullopt;

    fields line{file.path(), 1, *text};
    const auto value = read(line);
    line.expect('\n');
    line.expect_end();
    return value;
}

} // namespace detail

// Reads `<proc>/sys/vm/overcommit_memory`, `overcommit_ratio` and `overcommit_kbytes`; nothing if
// this kernel lacks the first or the second.
//
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if one can't be read, parse_error if one is malformed.
[[nodiscard]] inline std::optional<overcommit> read_overcommit(std::string_view proc = "/proc")
{
    const auto mode =
        detail::read_setting("sys/vm/overcommit_memory", proc, [](detail::fields& line) {
            const auto number = line.number<unsigned>();
            if (number > 2) line.fail("0, 1 or 2");
            return static_cast<overcommit_mode>(number);
        });
    const auto percent =
        detail::read_setting("sys/vm/overcommit_ratio", proc,
                             [](detail::fields& line) { return line.number<unsigned>(); });
    const auto fixed =
        detail::read_setting("sys/vm/overcommit_kbytes", proc, [](detail::fields& line) {
            return detail::read_size(line, bytes{1024});
        });
    if (!mode || !percent) return std::nullopt;
    return overcommit{*mode, *percent, fixed};
}

} // namespace heaplings
