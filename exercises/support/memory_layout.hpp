// Where the kernel places the memory of a program that starts, and how a spec has it placed
// elsewhere: with support::in_fresh_process and a memory_layout.
#pragma once

#include <string>
#include <sys/personality.h>

namespace support {

enum class layout {
    randomised, // elsewhere in each run: address space layout randomisation (ASLR)
    fixed,      // the same in each run, as in a debugger
    legacy,     // mappings from a third of the address space upwards, below the program
};

[[nodiscard]] inline std::string to_string(layout wanted)
{
    switch (wanted) {
    case layout::randomised:
        return "randomised";
    case layout::fixed:
        return "not randomised";
    case layout::legacy:
        return "legacy";
    }
    return "?";
}

// Programs that this process executes are laid out as wanted, until the end of the scope.
//
// A container may forbid the choice (personality(2)): the layout then stays as it is.
class memory_layout
{
public:
    explicit memory_layout(layout wanted) : before_{::personality(only_ask)}
    {
        if (before_ < 0) return;
        const int others = before_ & ~(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT);
        const int flag = wanted == layout::fixed    ? ADDR_NO_RANDOMIZE
                         : wanted == layout::legacy ? ADDR_COMPAT_LAYOUT
                                                    : 0;
        ::personality(static_cast<unsigned long>(others | flag));
    }
    ~memory_layout() { ::personality(static_cast<unsigned long>(before_)); }
    memory_layout(const memory_layout&) = delete;
    memory_layout& operator=(const memory_layout&) = delete;

private:
    static constexpr unsigned long only_ask = 0xffffffff;

    int before_;
};

} // namespace support
