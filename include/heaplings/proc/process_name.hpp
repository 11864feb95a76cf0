// What a process calls itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string_view>

namespace heaplings {

// The name of a process or kernel thread, which any program may choose for itself: spaces,
// parentheses and newlines included. The kernel keeps 15 bytes of a program's name and gives up to
// 63 of a kernel worker's.
class process_name
{
public:
    static constexpr std::size_t longest = 64;

    constexpr process_name() noexcept = default;

    // The first `longest` bytes of `name`.
    constexpr explicit process_name(std::string_view name) noexcept
        : size_{std::min(name.size(), longest)}
    {
        std::copy_n(name.data(), size_, text_);
    }

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_, size_}; }

    [[nodiscard]] friend constexpr bool operator==(const process_name& a,
                                                   const process_name& b) noexcept
    {
        return a.view() == b.view();
    }
    [[nodiscard]] friend constexpr bool operator==(const process_name& a,
                                                   std::string_view b) noexcept
    {
        return a.view() == b;
    }
    friend std::ostream& operator<<(std::ostream& out, const process_name& name)
    {
        return out << name.view();
    }

private:
    char text_[longest] = {};
    std::size_t size_ = 0;
};

} // namespace heaplings
