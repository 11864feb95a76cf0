#include "benchmark_name.hpp"

#include "text.hpp"

namespace heaplings::bench {

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

benchmark_name parse_name(std::string_view name)
{
    benchmark_name parsed;
    for (const std::string& part : tools::split(name, '/')) {
        // How time is taken is no part of what is measured.
        if (part == "real_time" || part == "process_time" || part == "manual_time") continue;
        const std::size_t colon = part.find(':');
        if (colon == std::string::npos || part.find("::") != std::string::npos)
            parsed.parts.push_back(part);
        else
            parsed.arguments[part.substr(0, colon)] = part.substr(colon + 1);
    }
    return parsed;
}

} // namespace heaplings::bench
