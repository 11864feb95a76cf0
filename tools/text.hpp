// Files as text, and text made fit to show.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::tools {

// What the caller did wrong, in words; the command ends with status 2.
struct usage_error : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

// The file's content; nothing if it does not exist. Throws std::system_error on any other failure.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);

// Replaces the file in one step: a reader sees the old text or the new. Throws std::system_error.
void write_file(const std::filesystem::path& path, std::string_view text);

// A hash of the content in hexadecimal: says whether a file is the one that was compiled, by what
// it holds and not by its time. Empty if the file does not exist.
[[nodiscard]] std::string content_hash(const std::filesystem::path& path);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

// The same text with `margin` before each line that is not empty.
[[nodiscard]] std::string indent(std::string_view text, std::string_view margin);

// The words of `text` in lines of at most 80 columns, each with its newline; the first behind
// `margin` spaces, the others behind 2 more.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t margin);

// What a learner's program printed, made harmless: control characters become '?', and a zero-width
// space breaks what ctest would take as a command to itself (<DartMeasurement, <CTestDetails, ...).
[[nodiscard]] std::string tame(std::string_view text);

// "1 byte", "2 bytes"
[[nodiscard]] std::string quantity(std::int64_t count, std::string_view unit);

// Number of single-letter insertions, deletions and replacements that make `b` of `a`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// `path` as seen from the current directory if it lies below, else whole.
[[nodiscard]] std::string shown(const std::filesystem::path& path);

} // namespace heaplings::tools
