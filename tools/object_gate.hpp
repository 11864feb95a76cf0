// Looks into the object file of a learner's source before it is linked and run: some names in it
// would change the judge or the whole process, and the verdict would mean nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace heaplings::tools {

// Why what was compiled can't be judged, in a sentence for its author; nothing if it can.
//
// Refused are: a main; any use of doctest; names that belong to the spec and the judge; and
// functions or variables that the C or C++ library exports too, since the program's own would
// replace them for everybody. `allowed` are library names (malloc, operator new) that it is the
// exercise to define. Static names, those in an anonymous namespace, and what C++ overloads keep
// apart never clash.
//
// The libraries are those that the caller itself is linked with.
// Throws std::system_error if the file can't be read, parse_error if it is no 64-bit ELF object.
[[nodiscard]] std::optional<std::string> why_not_judged(const std::filesystem::path& object,
                                                        std::span<const std::string> allowed);

} // namespace heaplings::tools
