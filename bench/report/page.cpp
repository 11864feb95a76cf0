#include "page.hpp"

#include "benchmark_name.hpp"
#include "svg.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heaplings::bench {

namespace {

constexpr std::string_view style = R"(
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:792px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 8px}
h2{font-size:1.25rem;line-height:1.3;margin:56px 0 8px}
p{margin:8px 0;overflow-wrap:break-word}
a{color:var(--s1)}
.quiet{color:var(--quiet);font-size:.875rem}
nav ul{padding-left:20px;margin:16px 0;columns:2 300px;column-gap:40px}
nav li{break-inside:avoid}
.note{border-left:4px solid var(--s2);padding:4px 12px;margin:16px 0}
figure{margin:16px 0 0}
svg{display:block;width:100%;height:auto;font-family:inherit}
.narrow{display:none}
.scroll{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;width:100%}
th:first-child,td:first-child{min-width:9.5em}
th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--grid);vertical-align:top}
th{color:var(--quiet);font-weight:600;vertical-align:bottom}
.n{text-align:right;white-space:nowrap;padding:4px 0 4px 16px}
th.n{white-space:normal}
.facts td:first-child{white-space:nowrap}
.facts td{overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:color-mix(in srgb,var(--grid) 40%,transparent);padding:8px 12px;margin:8px 0;font-size:.8125rem;border-radius:4px}
summary{cursor:pointer;margin:8px 0}
@media(max-width:640px){th:first-child,td:first-child{min-width:9em}.n{padding-left:10px}th,td{padding-right:6px}.wide{display:none}.narrow{display:block}h2{margin-top:40px}
.facts td:first-child{white-space:normal;min-width:7em}}
@media print{details>*{display:block}}
)";

std::string fact_value(const report& r, std::string_view name)
{
    const auto found = std::ranges::find(r.run.machine, name, &fact::name);
    return found == r.run.machine.end() ? "" : found->value;
}

std::string noise_note(const report& r)
{
    if (!r.run.disturbance)
        return "<p class=\"note\">How much else this machine did meanwhile could not be told: "
               "/proc/stat was not readable.</p>\n";
    const noise& n = *r.run.disturbance;
    if (!n.disturbing()) return "";
    return fmt::format(
        "<p class=\"note\">This machine was not quiet: other programs took {:.0f} % of its "
        "processors' time while it measured, the hypervisor {:.0f} %. Ratios stand such a run "
        "better than times do.</p>\n",
        n.others, n.stolen);
}

std::string head(const report& r)
{
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<title>What memory costs here: heaplings "
        "benchmarks</title>\n<style>\n{}{}</style>\n</head>\n"
        "<body><main>\n<h1>What memory costs here</h1>\n<p>{}; {}; {}; {}; {}.</p>\n"
        "<p class=\"quiet\">heaplings benchmarks, measured {} in {:.0f} s. Every time is a median "
        "of "
        "interleaved repetitions. The same as <a href=\"report.csv\">CSV</a> and "
        "<a href=\"report.json\">JSON</a>.</p>\n{}",
        chart_colours(":root"), style, escaped(fact_value(r, "CPU")),
        escaped(fact_value(r, "Memory")), escaped(fact_value(r, "Kernel")),
        escaped(fact_value(r, "C library")), escaped(fact_value(r, "Compiler")),
        escaped(r.run.started), r.run.seconds, noise_note(r));
}

std::string contents(const std::vector<figure>& figures)
{
    std::string html = "<nav aria-label=\"Contents\"><ul>\n";
    for (const figure& f : figures)
        html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", f.id, escaped(f.question));
    return html + "<li><a href=\"#machine\">The machine</a></li>\n"
                  "<li><a href=\"#commands\">How it was measured</a></li>\n"
                  "<li><a href=\"#all\">All measurements</a></li>\n</ul></nav>\n";
}

std::string pictures(const figure& f, const draw_chart& draw)
{
    if (!f.picture || is_empty(*f.picture)) return "";
    return fmt::format(
        "<figure><div class=\"wide\">{}</div><div class=\"narrow\">{}</div></figure>\n",
        draw(f, width::wide), draw(f, width::narrow));
}

std::string section(const figure& f, const draw_chart& draw)
{
    std::string html = fmt::format("<section id=\"{}\"><h2>{}</h2>\n<p>{}</p>\n", f.id,
                                   escaped(f.question), escaped(f.words));
    if (!f.missing.empty())
        html += fmt::format("<p class=\"note\">Skipped: {}</p>\n", escaped(f.missing));
    else
        html += pictures(f, draw) + html_of(f.numbers, f.question);
    return html + fmt::format("<p class=\"quiet\">Measured by <a href=\"#commands\">{}</a>.</p>"
                              "</section>\n",
                              escaped(f.source));
}

std::string machine(const report& r)
{
    table t{{"", ""}, {}, 2};
    for (const fact& f : r.run.machine) t.rows.push_back({f.name, f.value});
    if (r.run.disturbance)
        t.rows.push_back({"While measuring",
                          fmt::format("other programs took {:.1f} % of the processors' time, the "
                                      "hypervisor {:.1f} %",
                                      r.run.disturbance->others, r.run.disturbance->stolen)});
    return "<section id=\"machine\" class=\"facts\"><h2>The machine</h2>\n" +
           html_of(t, "The machine") + "</section>\n";
}

std::string command_of(std::string_view name, std::string_view shows, std::string_view command,
                       double seconds, std::string_view failure)
{
    std::string html =
        fmt::format("<h3 class=\"quiet\">{}</h3>\n<p>{}</p>\n", escaped(name), escaped(shows));
    if (!command.empty()) html += fmt::format("<pre>{}</pre>\n", escaped(command));
    if (seconds > 0) html += fmt::format("<p class=\"quiet\">{:.1f} s</p>\n", seconds);
    if (!failure.empty()) html += fmt::format("<p class=\"note\">{}</p>\n", escaped(failure));
    return html;
}

// Where each allocator's malloc was seen, or why it was left out.
std::string compared_allocators(const comparison& c)
{
    table seen{{"allocator", "its malloc and free were in"}, {}, 2};
    for (const compared_allocator& a : c.allocators)
        seen.rows.push_back({a.which.name, a.left_out.empty() ? a.malloc_from : a.left_out});
    return command_of(
               "bench.allocators",
               fmt::format("Each benchmark in a process of its own, on each allocator in turn, "
                           "{} rounds; a ratio is the median of the rounds' ratios. At its end "
                           "each process told which library its malloc and free were in, and one "
                           "that was not on its allocator would not be shown. One of the runs:",
                           c.rounds),
               c.command, 0, "") +
           html_of(seen, "Allocators");
}

std::string commands(const report& r)
{
    std::string html =
        "<section id=\"commands\"><h2>How it was measured</h2>\n"
        "<p>The whole of it: <code>cmake --workflow --preset bench</code>. Repetitions "
        "of a program's benchmarks run in random order, and their medians are shown.</p>\n";
    for (const program_record& p : r.run.programs)
        html += command_of(p.name, p.shows, p.command, p.seconds, p.failure);
    if (r.run.allocators) html += compared_allocators(*r.run.allocators);
    return html + "</section>\n";
}

std::string counted(const measurement& m, const std::string& name)
{
    const auto found = m.counters.find(name);
    return found == m.counters.end() ? "" : fmt::format("{:.4g}", found->second);
}

// The sentences that the programs say of their benchmarks, by the names without arguments.
std::string sentences(const report& r)
{
    table t{{"benchmark", "what it shows"}, {}, 2};
    for (const results& of_program : r.of_programs) {
        std::string last;
        for (const measurement& m : of_program.all) {
            const std::string family = parse_name(m.name).family();
            const auto words = of_program.context.find(family);
            if (family == last || words == of_program.context.end()) continue;
            t.rows.push_back({family, words->second});
            last = family;
        }
    }
    if (t.rows.empty()) return "";
    return fmt::format("<details><summary>What each of them shows</summary>\n{}</details>\n",
                       html_of(t, "What each shows"));
}

std::string everything(const report& r)
{
    table t{{"benchmark", "program", "time", "spread", "allocations", "peak heap", "runs"}, {}, 2};
    for (const results& of_program : r.of_programs) {
        for (const measurement& m : of_program.all) {
            const auto time = time_per_item(m);
            const auto peak = m.counters.find("max_bytes_used");
            t.rows.push_back(
                {m.name + (m.skipped.empty() ? "" : ": skipped, " + m.skipped), m.program,
                 time ? shown(*time, unit::nanoseconds) : "–",
                 time ? fmt::format("{:.0f} %", 100 * relative_spread(m.nanoseconds)) : "",
                 counted(m, "allocs_per_iter"),
                 peak == m.counters.end() ? "" : shown(peak->second, unit::bytes),
                 fmt::format("{}", m.nanoseconds.size())});
        }
    }
    return fmt::format(
        "<section id=\"all\"><h2>All measurements</h2>\n<p>Time of one item in a thread; "
        "spread is the distance between the quartiles, as a part of the median.</p>\n"
        "<details><summary>{} benchmarks</summary>\n{}</details>\n{}</section>\n",
        t.rows.size(), html_of(t, "All measurements"), sentences(r));
}

} // namespace

std::string page_of(const report& r, const std::vector<figure>& figures, const draw_chart& draw)
{
    std::string html = head(r) + contents(figures);
    for (const figure& f : figures) html += section(f, draw);
    return html + machine(r) + commands(r) + everything(r) + "</main></body>\n</html>\n";
}

} // namespace heaplings::bench
