#include "text.hpp"

#include "system_error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <numeric>
#include <unistd.h>

namespace heaplings::tools {

std::optional<std::string> read_file(const std::filesystem::path& path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        fail("cannot open " + path.string());
    }
    std::string text;
    char buffer[16 * 1024];
    ssize_t got = 0;
    while ((got = ::read(file, buffer, sizeof buffer)) > 0) {
        text.append(buffer, static_cast<std::size_t>(got));
    }
    const int error = errno;
    ::close(file);
    if (got < 0) fail("cannot read " + path.string(), error);
    return text;
}

void write_file(const std::filesystem::path& path, std::string_view text)
{
    const std::filesystem::path fresh = path.string() + fmt::format(".{}.new", ::getpid());
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) fail("cannot write " + fresh.string());
    while (!text.empty()) {
        const ssize_t put = ::write(file, text.data(), text.size());
        if (put < 0) {
            const int error = errno;
            ::close(file);
            ::unlink(fresh.c_str());
            fail("cannot write " + fresh.string(), error);
        }
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::close(file) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0) {
        fail("cannot write " + path.string());
    }
}

std::string content_hash(const std::filesystem::path& path)
{
    const std::optional<std::string> text = read_file(path);
    if (!text) return "";
    return fmt::format("{:016x}", std::hash<std::string>{}(*text));
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    while (true) {
        const std::size_t at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string indent(std::string_view text, std::string_view margin)
{
    std::string result;
    bool at_start = true;
    for (const char c : text) {
        if (at_start && c != '\n') result += margin;
        result += c;
        at_start = c == '\n';
    }
    return result;
}

std::string wrapped(std::string_view text, std::size_t margin)
{
    constexpr std::size_t columns = 80;
    std::string all;
    std::string line(margin, ' ');
    bool has_words = false;
    for (const std::string& word : split(text, ' ')) {
        if (has_words && line.size() + 1 + word.size() > columns) {
            all += line + '\n';
            line.assign(margin + 2, ' ');
            has_words = false;
        }
        if (has_words) line += ' ';
        line += word;
        has_words = true;
    }
    return all + line + '\n';
}

std::string tame(std::string_view text)
{
    constexpr std::string_view zero_width_space = "\u200B";
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::string_view rest = text.substr(i);
        if (rest.starts_with("<Dart") || rest.starts_with("<CTest")) {
            result += '<';
            result += zero_width_space;
        } else if (rest.starts_with("CTEST_FULL_OUTPUT")) {
            result += 'C';
            result += zero_width_space;
        } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
            result += '?';
        } else {
            result += text[i];
        }
    }
    return result;
}

std::string quantity(std::int64_t count, std::string_view unit)
{
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string shown(const std::filesystem::path& path)
{
    std::error_code ignored;
    const std::filesystem::path here = std::filesystem::current_path(ignored);
    const std::filesystem::path relative = path.lexically_relative(here);
    if (here.empty() || relative.empty() || *relative.begin() == "..") return path.string();
    return relative.string();
}

} // namespace heaplings::tools
