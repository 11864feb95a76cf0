// Where an axis begins and ends, and its ticks.
#pragma once

#include "chart.hpp"

#include <vector>

namespace heaplings::bench {

struct axis
{
    double from = 0;
    double to = 1;
    bool logarithmic = false;
    std::vector<double> ticks;

    // Place of a value between 0 (from) and 1 (to).
    [[nodiscard]] double place(double value) const;
};

// An axis on which all values of the chart and its reference lie, with up to so many ticks (2 or
// more) at round numbers. From zero, or logarithmic if the chart says so; values of zero or less
// have no place on that one.
[[nodiscard]] axis axis_for(const chart& c, std::size_t most_ticks);

} // namespace heaplings::bench
