// Text and tables as HTML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heaplings::bench {

// The text with `&`, `<`, `>` and both quotes written so that no browser takes them for markup.
[[nodiscard]] std::string escaped(std::string_view text);

// A table: the first `text_columns` columns are text, the others numbers.
struct table
{
    std::vector<std::string> head;
    std::vector<std::vector<std::string>> rows;
    std::size_t text_columns = 1;
};

// In a box of its own, which scrolls if the page is narrower than the table.
[[nodiscard]] std::string html_of(const table& t, std::string_view caption);

} // namespace heaplings::bench
