#include "figure.hpp"

#include "benchmark_name.hpp"
#include "selection.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heaplings::bench {

namespace {

using runs_member = std::vector<double> allocator_runs::*;

std::string words_for(const std::string& benchmark)
{
    const auto& known = compared_benchmarks();
    const auto found = std::ranges::find(known, benchmark, &compared_benchmark::name);
    return found == known.end() ? parse_name(benchmark).in_words() : found->words;
}

// A column for each allocator that was measured; glibc, the baseline, has none in the chart.
chart ratios(const comparison& c, runs_member member, std::string axis)
{
    chart picture;
    picture.shape = form::dots;
    picture.in = unit::ratio;
    picture.axis = std::move(axis);
    picture.logarithmic = true;
    picture.reference = 1;
    for (const std::string& benchmark : c.benchmarks)
        picture.labels.push_back(words_for(benchmark));
    const compared_allocator& glibc = c.allocators[0];
    for (std::size_t a = 1; a < c.allocators.size(); ++a) {
        if (!c.allocators[a].left_out.empty()) continue;
        series& s = picture.all.emplace_back();
        s.name = c.allocators[a].which.name;
        for (std::size_t b = 0; b < c.benchmarks.size(); ++b)
            s.values.push_back(
                median_ratio(c.allocators[a].runs[b].*member, glibc.runs[b].*member));
    }
    return picture;
}

std::string median_shown(const std::vector<double>& values, unit in)
{
    return values.empty() ? "–" : shown(median(values), in);
}

// The ratios, behind the value of glibc.
table ratio_table(const comparison& c, const chart& picture, runs_member member, unit in)
{
    table t;
    t.head = {"pattern", "glibc"};
    for (const series& s : picture.all) t.head.push_back(s.name);
    for (std::size_t b = 0; b < c.benchmarks.size(); ++b) {
        std::vector<std::string> row{picture.labels[b],
                                     median_shown(c.allocators[0].runs[b].*member, in)};
        for (const series& s : picture.all)
            row.push_back(s.values[b] ? shown(*s.values[b], unit::ratio) : "–");
        t.rows.push_back(row);
    }
    return t;
}

std::string left_out(const comparison& c)
{
    std::string words;
    for (const compared_allocator& a : c.allocators) {
        if (!a.left_out.empty())
            words += fmt::format(" {} is left out: {}.", a.which.name, a.left_out);
        for (std::size_t b = 0; b < a.runs.size(); ++b) {
            if (!a.runs[b].failure.empty())
                words +=
                    fmt::format(" On {}, {} {}.", a.which.name, c.benchmarks[b], a.runs[b].failure);
        }
    }
    return words;
}

// The parts that both figures share; the comparison, if there is one.
const comparison* begin_figure(figure& f, const report& r)
{
    f.source = "bench.allocators";
    if (!r.run.allocators) {
        f.missing = r.run.allocators_failure;
        return nullptr;
    }
    bool any = false;
    for (std::size_t a = 1; a < r.run.allocators->allocators.size(); ++a)
        any = any || r.run.allocators->allocators[a].left_out.empty();
    f.words += left_out(*r.run.allocators);
    if (!any) f.missing = "no other allocator than glibc's could be measured";
    return any ? &*r.run.allocators : nullptr;
}

} // namespace

figure allocator_times(const report& r)
{
    figure f;
    f.id = "allocators_time";
    f.question = "How fast are other allocators, compared with glibc's?";
    f.words = "Time of one allocation with its release, divided by glibc's; left of the line is "
              "faster. Each pattern runs in a "
              "fresh process, where malloc has not yet adapted to others.";
    const comparison* c = begin_figure(f, r);
    if (c == nullptr) return f;
    f.picture = ratios(*c, &allocator_runs::nanoseconds, "time, as a ratio to glibc's");
    f.numbers = ratio_table(*c, *f.picture, &allocator_runs::nanoseconds, unit::nanoseconds);
    return f;
}

figure allocator_memory(const report& r)
{
    figure f;
    f.id = "allocators_memory";
    f.question = "How much memory do other allocators keep resident, compared with glibc's?";
    f.words =
        "Peak resident set size of a process that runs the pattern alone, divided by that with "
        "glibc; left of the line is smaller. Program and libraries are part of it: the table's "
        "last row is a process that runs no pattern.";
    const comparison* c = begin_figure(f, r);
    if (c == nullptr) return f;
    f.picture =
        ratios(*c, &allocator_runs::peak_resident, "peak resident set size, as a ratio to glibc's");
    f.numbers = ratio_table(*c, *f.picture, &allocator_runs::peak_resident, unit::bytes);
    std::vector<std::string> idle{"no pattern at all",
                                  shown(c->allocators[0].idle_resident, unit::bytes)};
    for (std::size_t a = 1; a < c->allocators.size(); ++a) {
        if (c->allocators[a].left_out.empty())
            idle.push_back(shown(c->allocators[a].idle_resident / c->allocators[0].idle_resident,
                                 unit::ratio));
    }
    f.numbers.rows.push_back(idle);
    return f;
}

} // namespace heaplings::bench
