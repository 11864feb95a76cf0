#include "notes.hpp"

#include "text.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace heaplings::tools {

namespace {

std::string section(const std::string& text, const std::string& heading,
                    const std::filesystem::path& file)
{
    const std::string line = "\n## " + heading + "\n";
    const std::size_t at = text.find(line);
    if (at == std::string::npos) {
        throw std::runtime_error{fmt::format("{}: no section '## {}'", file.string(), heading)};
    }
    const std::size_t from = text.find_first_not_of('\n', at + line.size());
    const std::size_t next = text.find("\n## ", at + line.size() - 1);
    if (from == std::string::npos || from > next) {
        throw std::runtime_error{
            fmt::format("{}: the section '## {}' is empty", file.string(), heading)};
    }
    std::string body = text.substr(from, next == std::string::npos ? next : next - from);
    while (body.ends_with('\n')) body.pop_back();
    return body + '\n';
}

} // namespace

notes read_notes(const std::filesystem::path& file)
{
    const auto content = read_file(file);
    if (!content) throw std::runtime_error{fmt::format("{} is missing", file.string())};
    const std::string text = '\n' + *content;
    return {{section(text, "Hint 1", file), section(text, "Hint 2", file),
             section(text, "Hint 3", file)},
            section(text, "Why", file)};
}

} // namespace heaplings::tools
