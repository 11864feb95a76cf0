// An exercise's prose: three hints and the why.
#pragma once

#include <array>
#include <filesystem>
#include <string>

namespace heaplings::tools {

struct notes
{
    std::array<std::string, 3> hints;
    std::string why;
};

// Reads the sections `## Hint 1` to `## Hint 3` and `## Why` of a notes/NAME.md.
// Throws std::runtime_error that names the file if it or one of the sections is missing.
[[nodiscard]] notes read_notes(const std::filesystem::path& file);

} // namespace heaplings::tools
