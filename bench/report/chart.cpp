#include "chart.hpp"

#include "axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <stdexcept>

namespace heaplings::bench {

namespace {

// Colours by role: tidy_svg() makes `var(--ROLE)` of them.
std::string series_colour(std::size_t index)
{
    return fmt::format("#0101{:02x}", index + 1);
}
constexpr const char* grid_colour = "#010200";
constexpr const char* quiet_colour = "#010300";
constexpr const char* reference_colour = "#010400";

constexpr std::array point_types{7, 9, 5, 13, 11}; // disc, triangle, square, diamond, triangle down
constexpr double letter = 8; // width in pixels, on average, of a 13 pixel font
constexpr double row_gap = 12;
constexpr double bar = 17;

double pixels(std::string_view text)
{
    // Bytes that continue a UTF-8 character take no room.
    const auto letters = std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
    return letter * static_cast<double>(letters);
}

double longest(const std::vector<std::string>& texts)
{
    double most = 0;
    for (const std::string& text : texts) most = std::max(most, pixels(text));
    return most;
}

std::string quoted(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c == '\n' ? ' ' : c;
    }
    return result + '"';
}

// Sizes in pixels. The plot's vertical coordinate is a pixel's distance from its top, so that rows,
// bars and letters are placed alike on every width.
struct layout
{
    double whole_width = 0;
    double left = 0, right = 0, top = 0, bottom = 0;
    double plot_height = 0;
    double row = 0;     // height of a row
    double heading = 0; // height of a label above its row; 0 if labels are on the left

    [[nodiscard]] double height() const { return top + plot_height + bottom; }
    [[nodiscard]] double plot_width() const { return whole_width - left - right; }
};

// The names of the series beside their marks, above a chart of dots, in as many lines as they need.
struct key_layout
{
    std::vector<std::pair<double, std::size_t>> places; // distance from the left, line
    std::size_t lines = 0;
};

constexpr double key_line = 20;

key_layout layout_of_key(const chart& c, double width)
{
    key_layout k;
    if (c.shape != form::dots || c.all.size() < 2) return k;
    double x = 12;
    k.lines = 1;
    for (const series& s : c.all) {
        const double room = pixels(s.name) + 16;
        if (x + room > width && x > 12) {
            x = 12;
            ++k.lines;
        }
        k.places.emplace_back(x, k.lines - 1);
        x += room + 16;
    }
    return k;
}

double row_height(const chart& c)
{
    return c.shape == form::bars ? bar * static_cast<double>(c.all.size()) + row_gap : 28;
}

layout layout_of(const chart& c, width w, std::string_view title)
{
    layout l;
    const bool narrow = w == width::narrow;
    l.whole_width = static_cast<double>(w);
    const std::size_t key_lines = layout_of_key(c, l.whole_width).lines;
    l.top = (title.empty() ? 8 : 40) + key_line * static_cast<double>(key_lines);
    l.bottom = 46;
    if (c.shape == form::lines) {
        l.top += 22; // for what the values are
        l.left = 64;
        std::vector<std::string> names;
        for (const series& s : c.all) names.push_back(s.name);
        l.right = std::max(longest(names) + 12, 34.0); // half of the last label has to fit, too
        l.plot_height = narrow ? 220 : 280;
        return l;
    }
    l.right = 24;
    l.left = narrow ? 20 : longest(c.labels) + 16;
    l.heading = narrow ? 18 : 0;
    l.row = row_height(c) + l.heading;
    l.plot_height = l.row * static_cast<double>(c.labels.size());
    return l;
}

std::string three_digits(double value)
{
    const double size = std::abs(value);
    return fmt::format("{:.{}f}", value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

struct scaled
{
    double number = 0;
    const char* name = "";
};

scaled in_its_unit(double value, unit in)
{
    switch (in) {
    case unit::ratio:
        return {value, "×"};
    case unit::percent:
        return {value, " %"};
    case unit::per_second:
        if (value < 999.5) return {value, "/s"};
        if (value < 999.5e3) return {value / 1e3, " k/s"};
        return {value / 1e6, " M/s"};
    case unit::nanoseconds:
        if (value < 999.5) return {value, " ns"};
        if (value < 999.5e3) return {value / 1e3, " µs"};
        if (value < 999.5e6) return {value / 1e6, " ms"};
        return {value / 1e9, " s"};
    case unit::bytes:
        if (value < 1024) return {value, " B"};
        if (value < 1024 * 1024) return {value / 1024, " KiB"};
        if (value < 1024.0 * 1024 * 1024) return {value / (1024 * 1024), " MiB"};
        return {value / (1024.0 * 1024 * 1024), " GiB"};
    }
    return {value, ""};
}

std::string tick_list(const axis& a, unit in)
{
    std::string list;
    for (const double tick : a.ticks) {
        const scaled s = in_its_unit(tick, in);
        list += fmt::format("{}{} {:.9g}", list.empty() ? "" : ", ",
                            quoted(fmt::format("{:.3g}{}", s.number, s.name)), tick);
    }
    return "(" + list + ")";
}

std::string range(double from, double to)
{
    return fmt::format("[{:.9g}:{:.9g}]", from, to);
}

std::string label(std::string_view text, std::string_view place, std::string_view how)
{
    return fmt::format("set label {} at {} {}\n", quoted(text), place, how);
}

// A place in pixels from the whole picture's top left.
std::string on_screen(const layout& l, double x, double y)
{
    return fmt::format("screen {:.5f}, screen {:.5f}", x / l.whole_width, 1 - y / l.height());
}

std::string canvas(const layout& l, std::string_view output, std::string_view title)
{
    std::string script =
        fmt::format("set terminal svg noenhanced size {:.0f},{:.0f} font \"sans-serif,13\"\n"
                    "set output {}\n"
                    "set encoding utf8\nunset key\nset border 0\nset tics scale 0 nomirror\n"
                    "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\n"
                    "set tmargin at screen {:.5f}\nset bmargin at screen {:.5f}\n",
                    l.whole_width, l.height(), quoted(output), l.left / l.whole_width,
                    1 - l.right / l.whole_width, 1 - l.top / l.height(), l.bottom / l.height());
    if (!title.empty()) script += label(title, on_screen(l, 8, 18), "left font \"sans-serif,15\"");
    return script;
}

// The axis of values, along the bottom or (lines) on the left.
std::string value_axis(const chart& c, const axis& a, char side)
{
    return fmt::format("set {0}range {1}\n{2}set {0}tics {3} textcolor rgb \"{4}\"\n"
                       "set grid {0}tics linetype 1 linecolor rgb \"{5}\" linewidth 1\n",
                       side, range(a.from, a.to),
                       a.logarithmic ? fmt::format("set logscale {}\n", side) : "",
                       tick_list(a, c.in), quiet_colour, grid_colour);
}

std::string axis_title(const layout& l, std::string_view text)
{
    return label(text, on_screen(l, l.left + l.plot_width() / 2, l.height() - 8),
                 fmt::format("center textcolor rgb \"{}\"", quiet_colour));
}

std::string key(const chart& c, const layout& l)
{
    std::string script;
    const key_layout k = layout_of_key(c, l.whole_width);
    const double top = l.top - key_line * static_cast<double>(k.lines) + 4;
    for (std::size_t i = 0; i < k.places.size(); ++i) {
        const auto [x, line] = k.places[i];
        script += label(c.all[i].name, on_screen(l, x, top + key_line * static_cast<double>(line)),
                        fmt::format("left point pointtype {} pointsize 0.8 linecolor rgb \"{}\" "
                                    "offset character 0.8,-0.3",
                                    point_types[i], series_colour(i)));
    }
    return script;
}

std::string row_labels(const chart& c, const layout& l)
{
    std::string script;
    for (std::size_t r = 0; r < c.labels.size(); ++r) {
        const double top = l.top + l.row * static_cast<double>(r);
        script += l.heading > 0
                      ? label(c.labels[r], on_screen(l, 6, top + l.heading / 2 + 3), "left")
                      : label(c.labels[r], on_screen(l, l.left - 10, top + l.row / 2), "right");
    }
    return script;
}

std::string reference_line(const chart& c, const layout& l)
{
    if (!c.reference) return "";
    return fmt::format("set arrow from {0:.9g},0 to {0:.9g},{1:.9g} nohead linecolor rgb \"{2}\" "
                       "linewidth 1.5\n",
                       *c.reference, l.plot_height, reference_colour);
}

// What stands behind a mark.
std::string text_behind(const chart& c, const series& s, double value)
{
    std::string text = shown(value, c.in);
    if (c.shape == form::bars && c.all.size() > 1) text += "  " + s.name;
    return text;
}

bool has_texts(const chart& c)
{
    return c.shape == form::bars || c.all.size() == 1;
}

// Lets the axis end where the texts behind all marks still fit into the plot.
void make_room(axis& a, const chart& c, const layout& l)
{
    const double gap = 10;
    for (const series& s : c.all) {
        for (const std::optional<double>& value : s.values) {
            if (!value || (a.logarithmic && *value <= 0)) continue;
            const double text =
                std::min(pixels(text_behind(c, s, *value)) + gap, l.plot_width() / 2);
            const double share = 1 - text / l.plot_width(); // of the plot, up to the mark
            const double end =
                a.logarithmic ? a.from * std::pow(*value / a.from, 1 / share) : *value / share;
            a.to = std::max(a.to, end);
        }
    }
}

// Middle of a mark in pixels from the plot's top. Dots of a row lie a little apart, so that none
// hides another.
double middle_of(const chart& c, const layout& l, std::size_t index, std::size_t row)
{
    const double top = l.row * static_cast<double>(row) + l.heading;
    const auto place = static_cast<double>(index);
    if (c.shape == form::bars) return top + row_gap / 2 + bar * (place + 0.5);
    const double apart = 4;
    return top + (l.row - l.heading) / 2 +
           apart * (place - static_cast<double>(c.all.size() - 1) / 2);
}

// Data of one series: value, middle of its mark, text.
std::string row_data(const chart& c, const layout& l, std::size_t index)
{
    std::string data = fmt::format("$series{} << end_of_data\n", index);
    const series& s = c.all[index];
    for (std::size_t r = 0; r < s.values.size(); ++r) {
        if (!s.values[r]) continue;
        data += fmt::format("{:.9g} {:.2f} {}\n", *s.values[r], middle_of(c, l, index, r),
                            quoted(text_behind(c, s, *s.values[r])));
    }
    return data + "end_of_data\n";
}

bool has_values(const series& s)
{
    return std::ranges::any_of(s.values, [](const auto& value) { return value.has_value(); });
}

std::string plots(const chart& c, const std::vector<std::string>& of_series)
{
    std::string script;
    for (std::size_t i = 0; i < of_series.size(); ++i) {
        if (!has_values(c.all[i])) continue;
        script += (script.empty() ? "plot " : ", \\\n     ") + of_series[i];
    }
    return script + "\n";
}

std::string bars_of(const chart& c)
{
    std::vector<std::string> each;
    for (std::size_t i = 0; i < c.all.size(); ++i) {
        each.push_back(fmt::format(
            "$series{0} using (0):2:(0):1:($2-{1}):($2+{1}) with boxxyerror fillstyle solid "
            "noborder "
            "linecolor rgb \"{2}\", \\\n     $series{0} using 1:2:3 with labels left "
            "offset character 0.6,0",
            i, bar / 2 - 1.5, series_colour(i)));
    }
    return plots(c, each);
}

std::string dots_of(const chart& c)
{
    std::vector<std::string> each;
    for (std::size_t i = 0; i < c.all.size(); ++i) {
        std::string plot = fmt::format("$series{} using 1:2 with points pointtype {} pointsize 1 "
                                       "linecolor rgb \"{}\"",
                                       i, point_types[i], series_colour(i));
        if (has_texts(c))
            plot += fmt::format(", \\\n     $series{} using 1:2:3 with labels left "
                                "offset character 0.9,0",
                                i);
        each.push_back(plot);
    }
    return plots(c, each);
}

// A chart of rows: bars or dots.
std::string rows_script(const chart& c, const layout& l)
{
    axis a = axis_for(c, static_cast<std::size_t>(l.plot_width() / 60));
    if (has_texts(c)) make_room(a, c, l);
    std::string script;
    for (std::size_t i = 0; i < c.all.size(); ++i) script += row_data(c, l, i);
    script += value_axis(c, a, 'x') +
              fmt::format("set yrange {}\nunset ytics\n", range(l.plot_height, 0));
    script += axis_title(l, c.axis) + row_labels(c, l) + reference_line(c, l);
    return script + key(c, l) + (c.shape == form::bars ? bars_of(c) : dots_of(c));
}

// Where the names at the lines' ends go, in pixels from the plot's top: beside the end, and apart.
std::vector<double> name_places(const chart& c, const layout& l, const axis& a)
{
    constexpr double apart = 16;
    std::vector<double> places(c.all.size(), l.plot_height);
    for (std::size_t i = 0; i < c.all.size(); ++i) {
        for (const auto& value : c.all[i].values) {
            if (value && (!a.logarithmic || *value > 0))
                places[i] = l.plot_height * (1 - a.place(*value));
        }
    }
    std::vector<std::size_t> order(places.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return places[i]; });
    for (std::size_t i = 1; i < order.size(); ++i)
        places[order[i]] = std::max(places[order[i]], places[order[i - 1]] + apart);
    // What was pushed out below moves up again.
    double lowest = l.plot_height;
    for (std::size_t i = order.size(); i-- > 0; lowest = places[order[i]] - apart)
        places[order[i]] = std::min(places[order[i]], lowest);
    return places;
}

std::string lines_script(const chart& c, const layout& l)
{
    const axis a = axis_for(c, static_cast<std::size_t>(l.plot_height / 36));
    std::string ticks;
    for (std::size_t i = 0; i < c.labels.size(); ++i)
        ticks += fmt::format("{}{} {}", i == 0 ? "" : ", ", quoted(c.labels[i]), i);
    std::string script = value_axis(c, a, 'y');
    script += fmt::format("set xrange [-0.1:{}]\nset xtics ({}) textcolor rgb \"{}\"\n",
                          static_cast<double>(c.labels.size()) - 0.9, ticks, quiet_colour);
    script += axis_title(l, c.steps);
    script += label(c.axis, on_screen(l, 8, l.top - 16),
                    fmt::format("left textcolor rgb \"{}\"", quiet_colour));
    const std::vector<double> places = name_places(c, l, a);
    std::vector<std::string> each;
    for (std::size_t i = 0; i < c.all.size(); ++i) {
        script += fmt::format("$series{} << end_of_data\n", i);
        for (std::size_t x = 0; x < c.labels.size(); ++x) {
            if (c.all[i].values[x]) script += fmt::format("{} {:.9g}\n", x, *c.all[i].values[x]);
        }
        script += "end_of_data\n";
        script += label(c.all[i].name, on_screen(l, l.whole_width - l.right + 6, l.top + places[i]),
                        fmt::format("left textcolor rgb \"{}\"", series_colour(i)));
        each.push_back(fmt::format("$series{} using 1:2 with linespoints linetype 1 linewidth 2 "
                                   "pointtype {} pointsize 0.8 linecolor rgb \"{}\"",
                                   i, point_types[i], series_colour(i)));
    }
    return script + plots(c, each);
}

void check(const chart& c)
{
    if (is_empty(c)) throw std::invalid_argument{"a chart without values"};
    if (c.all.size() > most_series)
        throw std::invalid_argument{fmt::format(
            "a chart of {} series, at most {} can be told apart", c.all.size(), most_series)};
    for (const series& s : c.all) {
        if (s.values.size() != c.labels.size())
            throw std::invalid_argument{fmt::format("series \"{}\" has {} values for {} labels",
                                                    s.name, s.values.size(), c.labels.size())};
    }
}

} // namespace

std::string shown(double value, unit in)
{
    const scaled s = in_its_unit(value, in);
    return three_digits(s.number) + s.name;
}

bool is_empty(const chart& c)
{
    return std::ranges::none_of(c.all, has_values);
}

std::string gnuplot_script(const chart& c, width w, std::string_view output, std::string_view title)
{
    check(c);
    const layout l = layout_of(c, w, title);
    return canvas(l, output, title) +
           (c.shape == form::lines ? lines_script(c, l) : rows_script(c, l));
}

} // namespace heaplings::bench
