// gnuplot's SVG made fit for a page: small, with the page's colours, legible in light and in dark.
#pragma once

#include "chart.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace heaplings::bench {

// An <svg> element to put into HTML: without prolog, empty groups and unused shapes; `id` goes in
// front of the shapes' ids, which have to be unique in the page; `text` is what a screen reader
// says. Throws std::runtime_error if it is not what gnuplot's svg terminal writes.
[[nodiscard]] std::string tidy_svg(std::string_view from_gnuplot, std::string_view id,
                                   std::string_view text);

// A file of its own of such an element: with a background and the colours of both modes, as an
// image in a README needs them.
[[nodiscard]] std::string standalone_svg(std::string_view element);

// The definitions of the colours in CSS, for light and for dark, of `selector`.
[[nodiscard]] std::string chart_colours(std::string_view selector);

// Path of gnuplot; nothing if PATH has none.
[[nodiscard]] std::optional<std::filesystem::path> find_gnuplot();

// Draws the chart; script and messages are left in `work`. Throws std::runtime_error with gnuplot's
// own words if it fails.
[[nodiscard]] std::string draw(const chart& c, width w, std::string_view id, std::string_view title,
                               bool with_title, const std::filesystem::path& gnuplot,
                               const std::filesystem::path& work);

} // namespace heaplings::bench
