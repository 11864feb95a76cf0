// A chart as values, and the gnuplot script that draws it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::bench {

enum class unit {
    nanoseconds, // shown as ns, us, ms or s
    ratio,       // shown as 1.25x
    bytes,       // shown as KiB, MiB
    percent,
    per_second, // shown as 12.3 M/s
};

// A value with its unit, three digits long: `12.3 ns`, `1.05x`, `20.4 MiB`.
[[nodiscard]] std::string shown(double value, unit in);

// One colour and shape of a chart: a value for each of the chart's labels, or none.
struct series
{
    std::string name;
    std::vector<std::optional<double>> values;
};

enum class form {
    bars,  // a row for each label, a bar from zero for each series
    dots,  // a row for each label, a dot for each series: for ratios and logarithmic axes
    lines, // labels from left to right, a line for each series
};

struct chart
{
    form shape = form::bars;
    unit in = unit::nanoseconds;
    std::string axis;  // what the values are: "time of one allocation and its release"
    std::string steps; // what the labels are, if they lie along the axis of a line chart: "threads"
    std::vector<std::string> labels;
    std::vector<series> all;
    bool logarithmic = false;
    std::optional<double> reference; // a line there, as at 1 for ratios
};

inline constexpr std::size_t most_series =
    5; // the palette has so many colours that all can tell apart

// Whether there is anything to draw.
[[nodiscard]] bool is_empty(const chart& c);

// A desk's or a phone's: the same values, laid out for a width in pixels.
enum class width { wide = 760, narrow = 340 };

// A script for gnuplot (5.2 or newer), which writes SVG to `output`. Colours are numbers of roles,
// for tidy_svg() to replace. A title is drawn above the chart if there is one. Throws
// std::invalid_argument if a series has not one value for each label, or if there are too many
// series.
[[nodiscard]] std::string gnuplot_script(const chart& c, width w, std::string_view output,
                                         std::string_view title = "");

} // namespace heaplings::bench
