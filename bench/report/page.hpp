// The report as one HTML page without outside resources.
#pragma once

#include "figure.hpp"
#include "record.hpp"

#include <functional>
#include <string>
#include <vector>

namespace heaplings::bench {

// Draws a figure's chart for a width: an <svg> element, or a paragraph that says why there is none.
using draw_chart = std::function<std::string(const figure& f, width w)>;

[[nodiscard]] std::string page_of(const report& r, const std::vector<figure>& figures,
                                  const draw_chart& draw);

} // namespace heaplings::bench
