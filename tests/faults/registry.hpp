// All programs of the self-check by name.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <programs.hpp> // made by CMake: faults::programs, of name and function
#include <string_view>

namespace faults {

constexpr int no_such_program = 2;

// Ends the process if there is none of that name.
[[nodiscard]] inline auto program_named(std::string_view name) -> void (*)()
{
    const auto* const found = std::ranges::find(programs, name, &entry::name);
    if (found == std::end(programs) || found->run == nullptr) {
        std::fprintf(stderr, "no program '%.*s' is linked here\n", static_cast<int>(name.size()),
                     name.data());
        std::exit(no_such_program);
    }
    return found->run;
}

} // namespace faults
