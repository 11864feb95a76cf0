// One function leaks, and it is called from a hundred places. With -g Valgrind tells the line of
// each call on the way. Which of them is the one to look at? And is the number right?
//
// Confirm it: write a program that loses a few blocks and note the lines of its malloc calls. Build
// it with -g and run
//
//     valgrind --leak-check=full --xml=yes --xml-file=leaks.xml ./program
//
// and read leaks.xml. An <error> is a leak if its <kind> begins with Leak_. The first <frame> of
// its <stack> is the innermost: mostly Valgrind's own malloc, from a library called
// vgpreload_...so. But a memory pool may announce its blocks to Valgrind by itself: its stacks
// begin without one.
//
// TODO: make leak_sites tell where memory leaked; spec/lines_with_g.hpp says how. The two functions
// above it take XML apart.
//
// Read: man 1 valgrind (--xml, --leak-check, --show-leak-kinds), man 1 gcc (-g)

#include "spec/lines_with_g.hpp"

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

} // namespace

std::vector<site> leak_sites(std::string_view xml)
{
    std::vector<site> sites;
    std::string_view error;
    while (next_element(xml, "error", error)) {
        site found;
        found.function = text_of(error, "fn");
        sites.push_back(found);
    }
    return sites;
}
