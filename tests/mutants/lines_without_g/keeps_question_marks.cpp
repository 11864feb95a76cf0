// Takes the question marks for a name.
// refused by: of a stripped program the object alone is left

#include "spec/lines_without_g.hpp"

#include <charconv>

namespace {

// Takes `expected` off the front of `text`. False if `text` begins otherwise.
bool skip(std::string_view& text, std::string_view expected)
{
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

// Takes a number off the front of `text`. False if there is none.
template <class Number>
bool read_number(std::string_view& text, Number& number, int base)
{
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, base);
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    return error == std::errc{};
}

// Where the parenthesis stands that the last character of `text` closes.
std::size_t opening_parenthesis(std::string_view text)
{
    int depth = 0;
    for (std::size_t i = text.size(); i-- > 0;) {
        if (text[i] == ')') ++depth;
        if (text[i] == '(' && --depth == 0) return i;
    }
    return std::string_view::npos;
}

void read_place(std::string_view place, frame& found)
{
    if (skip(place, "in ")) {
        found.object = place;
        return;
    }
    const std::size_t colon = place.rfind(':');
    if (colon == std::string_view::npos) return;
    found.file = place.substr(0, colon);
    place.remove_prefix(colon + 1);
    read_number(place, found.line, 10);
}

} // namespace

std::optional<frame> read_frame(std::string_view line)
{
    long pid = 0;
    if (!skip(line, "==") || !read_number(line, pid, 10)) return std::nullopt;
    if (!skip(line, "==    at 0x") && !skip(line, "==    by 0x")) return std::nullopt;

    frame found;
    if (!read_number(line, found.pc, 16) || !skip(line, ": ")) return std::nullopt;

    if (line.ends_with(')')) {
        const std::size_t opening = opening_parenthesis(line);
        if (opening != std::string_view::npos && opening > 0 && line[opening - 1] == ' ') {
            read_place(line.substr(opening + 1, line.size() - opening - 2), found);
            line = line.substr(0, opening - 1);
        }
    }
    found.function = line;
    return found;
}
