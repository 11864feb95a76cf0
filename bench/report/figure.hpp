// A figure of the page: a question, its chart and its table.
#pragma once

#include "chart.hpp"
#include "html.hpp"
#include "measurement.hpp"
#include "record.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heaplings::bench {

struct figure
{
    std::string id;               // in links and file names
    std::string question;         // its title
    std::string words;            // what it shows and how to read it
    std::optional<chart> picture; // nothing where a chart would mislead
    table numbers;
    std::string source;  // the program whose command line made it
    std::string missing; // why there is no figure; empty if there is one
};

// A part of a benchmark's name: by its place, or an argument by its name.
struct name_part
{
    std::size_t place = 0;
    std::string argument{}; // `blocks` of blocks:16; if empty, the place counts
};

// Which benchmarks a figure is of and what they are called in it.
struct figure_of
{
    std::string id;
    std::string question;
    std::string words;
    std::string program;
    std::vector<std::string>
        families{}; // how their names begin, in whichever program; none: all of this one
    // What arguments have to be, where a benchmark has them: {"threads", "1"}
    std::map<std::string, std::string> fixed{};
    std::vector<name_part>
        rows{}; // joined by `/` where there are several; none: all but the first part
    std::vector<name_part> columns{}; // none: one column
    // Rows and columns in words, in the order of the figure; `` leaves out. What is not named is
    // called as in the benchmark's name and comes last.
    std::vector<std::pair<std::string, std::string>> names{};
    // The value: the first of these counters that there is, times `scale`; none: the time of an
    // item.
    std::vector<std::string> counters{};
    // Or a column for each of these counters, times `scale`, instead of `columns`: name and words.
    std::vector<std::pair<std::string, std::string>> counter_columns{};
    double scale = 1;
    // The column, by its part of the name, that the others are divided by; may be empty.
    std::string ratio_to{};
    bool has_chart = true;
    chart form{}; // what it is to look like; its labels and series come from the measurements
};

// The figure of what was measured; one without its measurements says why there are none.
[[nodiscard]] figure make_figure(const figure_of& f, const report& r);

// Time and peak resident set size of the allocators as ratios to glibc's.
[[nodiscard]] figure allocator_times(const report& r);
[[nodiscard]] figure allocator_memory(const report& r);

// All figures, in the order of the page.
[[nodiscard]] std::vector<figure> all_figures(const report& r);

} // namespace heaplings::bench
