#include "stack_frame.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>

namespace heaplings::tools {

namespace {

std::string_view file_name(std::string_view path)
{
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0: no folder, the whole
}

// Whether it goes on with `operator` and what follows that, rather than with a name like operators.
bool starts_operator(std::string_view rest)
{
    constexpr std::string_view keyword = "operator";
    if (!rest.starts_with(keyword) || rest.size() == keyword.size()) return false;
    const char next = rest[keyword.size()];
    return next != '_' && std::isalnum(static_cast<unsigned char>(next)) == 0;
}

} // namespace

std::string plain_name(std::string_view function)
{
    constexpr std::array<std::string_view, 2> implied = {"(anonymous namespace)::", "__cxx11::"};
    std::string name;
    int depth = 0; // of parameters and template arguments, which are left out
    bool had_parameters = false;
    for (std::string_view rest = function; !rest.empty(); rest.remove_prefix(1)) {
        const auto left_out = std::ranges::find_if(
            implied, [&](std::string_view scope) { return rest.starts_with(scope); });
        if (left_out != implied.end()) {
            rest.remove_prefix(left_out->size() - 1);
            continue;
        }
        if (depth == 0 && starts_operator(rest)) { // its symbol may be made of brackets
            const std::size_t symbol = std::string_view{"operator"}.size();
            return name.append(rest.substr(0, rest.find('(', symbol + 1)));
        }
        const char c = rest.front();
        if (c == '(' || c == '<' || c == '[') {
            had_parameters = had_parameters || (c == '(' && depth == 0);
            ++depth;
        } else if (c == ')' || c == '>' || c == ']') {
            --depth;
        } else if (depth == 0 && c == ' ') {
            if (had_parameters) break; // what follows is const
            name.clear();              // what preceded was the return type
        } else if (depth == 0) {
            name += c;
        }
    }
    return name;
}

bool is_in_file(const stack_frame& frame, std::string_view file)
{
    return !file.empty() && file_name(frame.file) == file;
}

bool is_of_spec(const stack_frame& frame)
{
    return std::filesystem::path{frame.file}.parent_path().filename() == "spec";
}

stack_trace::const_iterator find_place(const stack_trace& stack, std::string_view learner_file_name)
{
    const auto own = std::ranges::find_if(
        stack, [&](const stack_frame& frame) { return is_in_file(frame, learner_file_name); });
    return own != stack.end() ? own : std::ranges::find_if(stack, is_of_spec);
}

std::string callee_of(const stack_trace& stack, stack_trace::const_iterator place)
{
    const auto is_shown = [](const stack_frame& frame) {
        // A spec that counts calls puts a function of its own before the library's (ld(1), --wrap).
        return !is_of_spec(frame) && !frame.function.starts_with("__wrap_") &&
               !plain_name(frame.function).starts_with("doctest::");
    };
    const auto callee = std::find_if(std::make_reverse_iterator(place), stack.rend(), is_shown);
    if (callee == stack.rend()) return "";
    return callee->function.empty() ? "a library function" : plain_name(callee->function);
}

std::string place_in_words(const stack_frame& frame)
{
    const std::string_view file = file_name(frame.file);
    return is_of_spec(frame)
               ? fmt::format("the spec (spec/{}:{})", file, frame.line)
               : fmt::format("{} ({}:{})", plain_name(frame.function), file, frame.line);
}

} // namespace heaplings::tools
