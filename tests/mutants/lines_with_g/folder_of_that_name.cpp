// Takes each object for Valgrind's whose path holds vgpreload_.
// refused by: a stripped program tells how much leaked, and not where

#include "spec/lines_with_g.hpp"

#include <algorithm>
#include <charconv>

namespace {

// Finds the next <tag>...</tag> in `xml`: `content` becomes what is between the two, and `xml` what
// follows. False if there is none; then both stay as they are.
bool next_element(std::string_view& xml, const std::string& tag, std::string_view& content)
{
    const std::string opening = "<" + tag + ">";
    const std::size_t begin = xml.find(opening);
    if (begin == std::string_view::npos) return false;
    const std::size_t end = xml.find("</" + tag + ">", begin);
    if (end == std::string_view::npos) return false;
    content = xml.substr(begin + opening.size(), end - begin - opening.size());
    xml.remove_prefix(end);
    return true;
}

// The text of the first <tag> in `xml`, with &lt; &gt; &amp; made characters again. Empty if there
// is no such element.
std::string text_of(std::string_view xml, const std::string& tag)
{
    std::string_view content;
    if (!next_element(xml, tag, content)) return {};
    std::string text;
    for (std::size_t i = 0; i < content.size(); ++i) {
        const std::string_view rest = content.substr(i);
        if (!rest.starts_with('&')) {
            text += content[i];
            continue;
        }
        text += rest.starts_with("&lt;") ? '<' : rest.starts_with("&gt;") ? '>' : '&';
        i = content.find(';', i);
    }
    return text;
}

template <class Number>
Number number_of(std::string_view xml, const std::string& tag)
{
    Number number = 0;
    const std::string text = text_of(xml, tag);
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// Valgrind's malloc and its kin stand in a library that it loads before all others.
bool is_valgrinds_own(std::string_view frame)
{
    const std::string object = text_of(frame, "obj");
    return object.find("vgpreload_") != std::string::npos;
}

site site_of(std::string_view error)
{
    site found;
    found.blocks = number_of<std::size_t>(error, "leakedblocks");
    found.bytes = number_of<std::size_t>(error, "leakedbytes");

    std::string_view frame;
    while (next_element(error, "frame", frame)) {
        if (is_valgrinds_own(frame)) continue;
        found.function = text_of(frame, "fn");
        found.line = number_of<int>(frame, "line");
        const std::string folder = text_of(frame, "dir");
        found.file =
            folder.empty() ? text_of(frame, "file") : folder + '/' + text_of(frame, "file");
        break;
    }
    return found;
}

} // namespace

std::vector<site> leak_sites(std::string_view xml)
{
    std::vector<site> sites;
    std::string_view error;
    while (next_element(xml, "error", error)) {
        if (!text_of(error, "kind").starts_with("Leak_")) continue;

        const site found = site_of(error);
        const auto known = std::find_if(sites.begin(), sites.end(), [&](const site& other) {
            return other.function == found.function && other.file == found.file &&
                   other.line == found.line;
        });
        if (known == sites.end()) {
            sites.push_back(found);
        } else {
            known->blocks += found.blocks;
            known->bytes += found.bytes;
        }
    }
    return sites;
}
