#include "html.hpp"

#include <fmt/format.h>

namespace heaplings::bench {

namespace {

std::string row_of(const std::vector<std::string>& cells, std::size_t text_columns,
                   std::string_view element)
{
    std::string html = "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
        html += fmt::format("<{0}{1}>{2}</{0}>", element, i < text_columns ? "" : " class=\"n\"",
                            escaped(cells[i]));
    }
    return html + "</tr>\n";
}

} // namespace

std::string escaped(std::string_view text)
{
    std::string html;
    for (const char c : text) {
        switch (c) {
        case '&':
            html += "&amp;";
            break;
        case '<':
            html += "&lt;";
            break;
        case '>':
            html += "&gt;";
            break;
        case '"':
            html += "&quot;";
            break;
        case '\'':
            html += "&#39;";
            break;
        default:
            html += c;
        }
    }
    return html;
}

std::string html_of(const table& t, std::string_view caption)
{
    std::string html = fmt::format("<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                                   "aria-label=\"{0}\"><table>\n<thead>",
                                   escaped(caption));
    html += row_of(t.head, t.text_columns, "th") + "</thead>\n<tbody>\n";
    for (const auto& row : t.rows) html += row_of(row, t.text_columns, "td");
    return html + "</tbody></table></div>\n";
}

} // namespace heaplings::bench
