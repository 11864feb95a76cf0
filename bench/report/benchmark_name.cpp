#include "benchmark_name.hpp"

#include "text.hpp"

#include <algorithm>

namespace heaplings::bench {

namespace {

// What a template was made for is a part of its own.
void add_part(std::vector<std::string>& parts, const std::string& part)
{
    const std::size_t angle = part.find('<');
    parts.push_back(part.substr(0, angle));
    if (angle != std::string::npos && part.ends_with('>'))
        parts.push_back(part.substr(angle + 1, part.size() - angle - 2));
}

} // namespace

std::string benchmark_name::part(std::size_t index) const
{
    return index < parts.size() ? parts[index] : "";
}

std::string benchmark_name::argument(const std::string& key) const
{
    const auto found = arguments.find(key);
    return found == arguments.end() ? "" : found->second;
}

std::string benchmark_name::family() const
{
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "/") + part;
    return text;
}

std::string benchmark_name::in_words(std::size_t first) const
{
    std::string words;
    for (std::size_t i = first; i < parts.size(); ++i)
        words += (words.empty() ? "" : " ") + parts[i];
    std::ranges::replace(words, '_', ' ');
    for (const auto& [key, value] : arguments) {
        if (key != "threads" || value != "1") words += ", " + value + " " + key;
    }
    return words;
}

benchmark_name parse_name(std::string_view name)
{
    benchmark_name parsed;
    for (const std::string& part : tools::split(name, '/')) {
        // How time is taken is no part of what is measured.
        if (part == "real_time" || part == "process_time" || part == "manual_time") continue;
        const std::size_t colon = part.find(':');
        if (colon == std::string::npos || part.find("::") != std::string::npos)
            add_part(parsed.parts, part);
        else
            parsed.arguments[part.substr(0, colon)] = part.substr(colon + 1);
    }
    return parsed;
}

} // namespace heaplings::bench
