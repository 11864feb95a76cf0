#include "svg.hpp"

#include "html.hpp"
#include "program_run.hpp"
#include "text.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>
#include <unistd.h>

namespace heaplings::bench {

namespace {

struct colour
{
    const char* role;
    const char* light;
    const char* dark;
};

// After Okabe and Ito, whose colours people with any colour vision tell apart; lighter ones on
// dark.
constexpr std::array colours{
    colour{"ink", "#1f2328", "#e6edf3"},   colour{"paper", "#ffffff", "#0d1117"},
    colour{"s1", "#0072b2", "#56b4e9"},    colour{"s2", "#d55e00", "#ff9d4d"},
    colour{"s3", "#00805d", "#2fc59b"},    colour{"s4", "#a8538a", "#e59cc9"},
    colour{"s5", "#6b6b6b", "#b0b0b0"},    colour{"grid", "#e3e6ea", "#2a3038"},
    colour{"quiet", "#57606a", "#9da7b1"}, colour{"reference", "#57606a", "#9da7b1"},
};

void replace_all(std::string& text, std::string_view old, std::string_view fresh)
{
    for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += fresh.size())
        text.replace(at, old.size(), fresh);
}

// Takes out what lies from each `begin` to the next `end`, both included.
void cut_all(std::string& text, std::string_view begin, std::string_view end)
{
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos;) {
        const std::size_t last = text.find(end, at);
        if (last == std::string::npos) return;
        text.erase(at, last + end.size() - at);
    }
}

std::string role_colour(int role, int number)
{
    switch (role) {
    case 1:
        return fmt::format("var(--s{})", number);
    case 2:
        return "var(--grid)";
    case 3:
        return "var(--quiet)";
    default:
        return "var(--reference)";
    }
}

// rgb(1, 2, 0) becomes var(--grid), and so on.
void name_colours(std::string& svg)
{
    for (std::size_t at = 0; (at = svg.find("rgb(", at)) != std::string::npos; ++at) {
        int one = 0, role = 0, number = 0, length = 0;
        if (std::sscanf(svg.c_str() + at, "rgb(%d ,%d ,%d )%n", &one, &role, &number, &length) ==
                3 &&
            one == 1)
            svg.replace(at, static_cast<std::size_t>(length), role_colour(role, number));
    }
    for (const char* black :
         {"fill=\"black\"", "stroke=\"black\"", "color=\"black\"", "stroke='black'"})
        replace_all(svg, black,
                    std::string{black}.substr(0, std::string_view{black}.find('=')) +
                        "=\"currentColor\"");
}

// The shapes of points that the picture uses, and those that they are made of; the others are cut.
void cut_unused_shapes(std::string& svg)
{
    const std::size_t begin = svg.find("<defs>");
    const std::size_t end = svg.find("</defs>");
    if (begin == std::string::npos || end == std::string::npos) return;
    std::string in_use = svg.substr(end);
    std::string kept;
    // A shape is made of ones in front of it.
    const std::vector<std::string> shapes = tools::split(svg.substr(begin, end - begin), '\n');
    for (auto shape = shapes.rbegin(); shape != shapes.rend(); ++shape) {
        const std::size_t at = shape->find(" id='");
        if (at == std::string::npos) continue;
        const std::string name = shape->substr(at + 5, shape->find('\'', at + 5) - at - 5);
        if (in_use.find("#" + name + "'") == std::string::npos) continue;
        in_use += *shape;
        kept.insert(0, shape->substr(shape->find('<')) + "\n");
    }
    svg.replace(begin, end - begin, "<defs>" + kept);
}

// Groups that draw nothing, with the groups that hold only such ones.
void cut_empty_groups(std::string& svg)
{
    for (bool found = true; found;) {
        found = false;
        for (std::size_t at = 0; (at = svg.find("<g", at)) != std::string::npos;) {
            const std::size_t inside = svg.find('>', at) + 1;
            const std::size_t next = svg.find_first_not_of(" \t\n", inside);
            if (next == std::string::npos || svg.compare(next, 4, "</g>") != 0) {
                at = inside;
                continue;
            }
            svg.erase(at, next + 4 - at);
            found = true;
        }
    }
}

void cut_blank_lines(std::string& svg)
{
    replace_all(svg, "\t", "");
    while (svg.find("\n\n") != std::string::npos) replace_all(svg, "\n\n", "\n");
    while (svg.find("  ") != std::string::npos) replace_all(svg, "  ", " ");
}

} // namespace

std::string tidy_svg(std::string_view from_gnuplot, std::string_view id, std::string_view text)
{
    std::string svg{from_gnuplot};
    const std::size_t box = svg.find("viewBox=\"");
    const std::size_t body = svg.find("<g id=\"gnuplot_canvas\">");
    if (box == std::string::npos || body == std::string::npos ||
        svg.find("</svg>") == std::string::npos)
        throw std::runtime_error{"expected what gnuplot's svg terminal writes, found another text"};
    const std::string size = svg.substr(box, svg.find('"', box + 9) + 1 - box);
    svg.erase(0, body);
    cut_all(svg, "<title>", "</title>");
    cut_all(svg, "<filter", "</filter>");
    cut_unused_shapes(svg);
    name_colours(svg);
    cut_empty_groups(svg);
    replace_all(svg, " font-family=\"sans-serif\"", "");
    replace_all(svg, "<tspan >", "<tspan>");
    replace_all(svg, " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "");
    cut_blank_lines(svg);
    replace_all(svg, "gpPt", fmt::format("{}-p", id));
    replace_all(svg, "gpDot", fmt::format("{}-d", id));
    replace_all(svg, "gnuplot_", fmt::format("{}-", id));
    return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" "
                       "xmlns:xlink=\"http://www.w3.org/1999/xlink\" {} role=\"img\" "
                       "aria-label=\"{}\">\n{}",
                       size, escaped(text), svg);
}

std::string chart_colours(std::string_view selector)
{
    std::string light, dark;
    for (const colour& c : colours) {
        light += fmt::format("--{}:{};", c.role, c.light);
        dark += fmt::format("--{}:{};", c.role, c.dark);
    }
    return fmt::format("{0}{{{1}}}\n@media (prefers-color-scheme:dark){{{0}{{{2}}}}}\n", selector,
                       light, dark);
}

std::string standalone_svg(std::string_view element)
{
    std::string svg{element};
    const std::size_t body = svg.find(">\n") + 2;
    svg.insert(body, fmt::format("<style>{}svg{{color:var(--ink);font-family:system-ui,sans-serif}}"
                                 "</style>\n<rect width=\"100%\" height=\"100%\" rx=\"6\" "
                                 "fill=\"var(--paper)\"/>\n",
                                 chart_colours("svg")));
    return svg;
}

std::optional<std::filesystem::path> find_gnuplot()
{
    const char* path = std::getenv("PATH");
    for (const std::string& folder : tools::split(path == nullptr ? "" : path, ':')) {
        const auto file = std::filesystem::path{folder} / "gnuplot";
        if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
    }
    return std::nullopt;
}

std::string draw(const chart& c, width w, std::string_view id, std::string_view title,
                 bool with_title, const std::filesystem::path& gnuplot,
                 const std::filesystem::path& work)
{
    const auto file = [&](const char* ending) { return work / fmt::format("{}.{}", id, ending); };
    const std::filesystem::path svg = file("svg");
    std::filesystem::remove(svg);
    tools::write_file(file("gnuplot"), gnuplot_script(c, w, svg.string(), with_title ? title : ""));
    const program_run run = run_program({gnuplot.string(), file("gnuplot").string()}, {},
                                        file("log"), std::chrono::seconds{60});
    const auto drawn = tools::read_file(svg);
    if (!run.failure.empty() || !drawn)
        throw std::runtime_error{fmt::format("gnuplot {}: {}",
                                             run.failure.empty() ? "drew nothing" : run.failure,
                                             tools::read_file(file("log")).value_or(""))};
    return tidy_svg(*drawn, id, title);
}

} // namespace heaplings::bench
