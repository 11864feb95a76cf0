#include "figure.hpp"

#include "benchmark_name.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heaplings::bench {

namespace {

std::string part_of(const benchmark_name& name, const std::vector<name_part>& parts)
{
    std::string all;
    for (const name_part& part : parts) {
        const std::string text =
            part.argument.empty() ? name.part(part.place) : name.argument(part.argument);
        if (!text.empty()) all += (all.empty() ? "" : "/") + text;
    }
    return all;
}

// How the figure calls it; nothing if it leaves it out.
std::optional<std::string> in_words(const figure_of& f, const std::string& part)
{
    for (const auto& [of_name, words] : f.names) {
        if (part != of_name) continue;
        if (words.empty()) return std::nullopt;
        return words;
    }
    std::string words = part;
    std::ranges::replace(words, '_', ' ');
    return words;
}

bool is_of(const figure_of& f, const benchmark_name& name)
{
    const std::string family = name.family() + "/";
    const bool named =
        f.families.empty() || std::ranges::any_of(f.families, [&](const std::string& begin) {
            return family.starts_with(begin + "/");
        });
    return named && std::ranges::all_of(f.fixed, [&](const auto& argument) {
               const std::string value = name.argument(argument.first);
               return value.empty() || value == argument.second;
           });
}

std::optional<double> counter_of(const figure_of& f, const measurement& m, const std::string& name)
{
    const auto found = m.counters.find(name);
    if (found == m.counters.end()) return std::nullopt;
    return f.scale * found->second;
}

std::optional<double> value_of(const figure_of& f, const measurement& m)
{
    if (f.counters.empty()) return time_per_item(m);
    for (const std::string& name : f.counters) {
        if (const auto value = counter_of(f, m, name)) return value;
    }
    return std::nullopt;
}

std::size_t place_of(std::vector<std::string>& labels, const std::string& label)
{
    const auto found = std::ranges::find(labels, label);
    if (found == labels.end()) labels.push_back(label);
    return static_cast<std::size_t>(std::ranges::find(labels, label) - labels.begin());
}

// A grid of values by row and column, with the place of each name.
struct grid
{
    std::vector<std::string> rows;
    std::vector<std::string> columns;
    std::map<std::pair<std::size_t, std::size_t>, std::optional<double>> values;
    std::vector<std::string> skipped; // `name: why`

    [[nodiscard]] std::optional<double> at(std::size_t row, std::size_t column) const
    {
        const auto found = values.find({row, column});
        return found == values.end() ? std::nullopt : found->second;
    }
};

// Names that the figure knows stand in its order, others behind them as they come.
std::vector<std::string> known_order(const figure_of& f, std::vector<std::string> labels)
{
    const auto rank = [&](const std::string& label) {
        return std::ranges::find(f.names, label, &std::pair<std::string, std::string>::second) -
               f.names.begin();
    };
    std::ranges::stable_sort(labels, {}, rank);
    return labels;
}

struct selected
{
    std::string row, column;
    std::optional<double> value;
};

// What the figure takes of one measurement.
std::vector<selected> values_of(const figure_of& f, const measurement& m)
{
    const benchmark_name name = parse_name(m.name);
    if (!is_of(f, name)) return {};
    const auto row = in_words(f, f.rows.empty() ? name.in_words(1) : part_of(name, f.rows));
    const auto column = in_words(f, part_of(name, f.columns));
    if (!row || !column) return {};
    if (f.counter_columns.empty()) return {{*row, *column, value_of(f, m)}};
    std::vector<selected> all;
    for (const auto& [counter, words] : f.counter_columns)
        all.push_back({*row, words, counter_of(f, m, counter)});
    return all;
}

grid grid_of(const figure_of& f, const results& of_program)
{
    grid g;
    std::vector<selected> all;
    for (const measurement& m : of_program.all) {
        const std::vector<selected> of_one = values_of(f, m);
        all.insert(all.end(), of_one.begin(), of_one.end());
        if (!of_one.empty() && !m.skipped.empty())
            g.skipped.push_back(fmt::format("{}: {}", m.name, m.skipped));
    }
    for (const selected& s : all) {
        place_of(g.rows, s.row);
        place_of(g.columns, s.column);
    }
    g.rows = known_order(f, g.rows);
    g.columns = known_order(f, g.columns);
    for (const selected& s : all)
        g.values[{place_of(g.rows, s.row), place_of(g.columns, s.column)}] = s.value;
    return g;
}

// Each row divided by its value in the baseline's column, which goes.
void divide_by(grid& g, const std::string& baseline)
{
    const auto found = std::ranges::find(g.columns, baseline);
    if (found == g.columns.end()) return g.values.clear();
    const auto base = static_cast<std::size_t>(found - g.columns.begin());
    grid ratios{g.rows, {}, {}, g.skipped};
    for (std::size_t c = 0; c < g.columns.size(); ++c) {
        if (c == base) continue;
        const std::size_t place = ratios.columns.size();
        ratios.columns.push_back(g.columns[c]);
        for (std::size_t r = 0; r < g.rows.size(); ++r) {
            const auto value = g.at(r, c), divisor = g.at(r, base);
            if (value && divisor && *divisor > 0) ratios.values[{r, place}] = *value / *divisor;
        }
    }
    g = ratios;
}

chart chart_of(const chart& form, const grid& g)
{
    chart c = form;
    c.labels = g.rows;
    for (std::size_t column = 0; column < g.columns.size(); ++column) {
        series& s = c.all.emplace_back();
        s.name = g.columns[column];
        for (std::size_t row = 0; row < g.rows.size(); ++row) s.values.push_back(g.at(row, column));
    }
    return c;
}

table table_of(const chart& form, const grid& g)
{
    table t;
    t.head.emplace_back(form.steps);
    for (const std::string& column : g.columns)
        t.head.push_back(column.empty() ? form.axis : column);
    for (std::size_t r = 0; r < g.rows.size(); ++r) {
        std::vector<std::string> row{g.rows[r]};
        for (std::size_t c = 0; c < g.columns.size(); ++c) {
            const auto value = g.at(r, c);
            row.push_back(value ? shown(*value, form.in) : "–");
        }
        t.rows.push_back(row);
    }
    return t;
}

std::string joined(const std::vector<std::string>& texts)
{
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
    return all;
}

// The measurements that the figure is made of: of its families, whoever measured them, or all of
// its program.
results measurements_for(const figure_of& f, const report& r)
{
    results found;
    for (std::size_t p = 0; p < r.of_programs.size(); ++p) {
        if (f.families.empty() && r.run.programs[p].name != f.program) continue;
        const auto& all = r.of_programs[p].all;
        found.all.insert(found.all.end(), all.begin(), all.end());
    }
    return found;
}

// Families of which there is no measurement, as where a benchmark got another name.
std::vector<std::string> absent_families(const figure_of& f, const results& found)
{
    std::vector<std::string> absent;
    for (const std::string& family : f.families) {
        const bool there = std::ranges::any_of(found.all, [&](const measurement& m) {
            return (parse_name(m.name).family() + "/").starts_with(family + "/");
        });
        if (!there) absent.push_back(family);
    }
    return absent;
}

std::string why_nothing(const figure_of& f, const report& r, const grid& g)
{
    const auto program = std::ranges::find(r.run.programs, f.program, &program_record::name);
    if (program == r.run.programs.end()) return f.program + " is no part of this run";
    if (!program->failure.empty()) return program->failure;
    if (!g.skipped.empty()) return joined(g.skipped);
    return f.program + " measured nothing of this kind";
}

} // namespace

figure make_figure(const figure_of& f, const report& r)
{
    figure made{f.id, f.question, f.words, std::nullopt, {}, f.program, ""};
    const results found = measurements_for(f, r);
    grid g = grid_of(f, found);
    if (!f.ratio_to.empty()) divide_by(g, in_words(f, f.ratio_to).value_or(""));
    if (std::ranges::none_of(g.values, [](const auto& v) { return v.second.has_value(); })) {
        made.missing = why_nothing(f, r, g);
        return made;
    }
    const std::vector<std::string> absent = absent_families(f, found);
    if (!absent.empty()) made.words += " Not measured: " + joined(absent) + ".";
    if (!g.skipped.empty()) made.words += " Skipped: " + joined(g.skipped) + ".";
    if (f.has_chart && g.columns.size() <= most_series) made.picture = chart_of(f.form, g);
    made.numbers = table_of(f.form, g);
    return made;
}

} // namespace heaplings::bench
