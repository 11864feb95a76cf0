// Runs a selection of the benchmarks and writes a report: index.html, report.csv, report.json.
//   bench.report --folder build/bench/report [--only-draw] --program NAME=PATH...
// `cmake --workflow --preset bench` calls it with all that was built.
#include "page.hpp"
#include "selection.hpp"
#include "svg.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>

namespace {

using namespace heaplings::bench;
namespace tools = heaplings::tools;

// Charts as gnuplot draws them, or the words for why there are none.
class artist
{
public:
    explicit artist(const std::filesystem::path& folder)
        : gnuplot_{find_gnuplot()}, work_{folder / "data"}
    {
    }

    std::string operator()(const figure& f, width w) const
    {
        if (!gnuplot_)
            return "<p class=\"note\">No chart: gnuplot is not installed (Debian's package is "
                   "gnuplot-nox). The table has the figures.</p>";
        const std::string id = fmt::format("{}-{}", f.id, static_cast<int>(w));
        return draw(*f.picture, w, id, f.question, false, *gnuplot_, work_);
    }

    // The chart as a file of its own, with its question as title.
    void draw_file(const figure& f, const std::filesystem::path& file) const
    {
        if (!gnuplot_ || !f.picture)
            throw std::runtime_error{
                fmt::format("{}: no chart of {} can be drawn: {}", file.string(), f.id,
                            gnuplot_ ? f.missing : "gnuplot is not installed")};
        tools::write_file(file, standalone_svg(draw(*f.picture, width::wide, f.id, f.question, true,
                                                    *gnuplot_, work_)));
    }

private:
    std::optional<std::filesystem::path> gnuplot_;
    std::filesystem::path work_;
};

selection_settings settings_from(const std::vector<std::string>& programs)
{
    selection_settings s;
    for (const std::string& program : programs) {
        const std::size_t equals = program.find('=');
        if (equals == std::string::npos || equals == 0)
            throw std::runtime_error{fmt::format("--program {}: expected NAME=PATH", program)};
        s.programs[program.substr(0, equals)] = program.substr(equals + 1);
    }
    return s;
}

void write_report(const std::filesystem::path& folder, const std::vector<std::string>& to_export,
                  const std::filesystem::path& charts)
{
    const report r = read_report(folder);
    const std::vector<figure> figures = all_figures(r);
    const artist draw_chart{folder};
    tools::write_file(folder / "index.html", page_of(r, figures, draw_chart));
    tools::write_file(folder / "report.csv", csv_of(r));
    tools::write_file(folder / "report.json", json_of(r));
    for (const std::string& id : to_export) {
        const auto found = std::ranges::find(figures, id, &figure::id);
        if (found == figures.end()) throw std::runtime_error{"there is no figure " + id};
        draw_chart.draw_file(*found, charts / (id + ".svg"));
    }
    fmt::print("the report: {}\n", (folder / "index.html").string());
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{
        "Runs a selection of the benchmarks and writes a report: one HTML page, CSV, JSON."};
    std::string folder, charts = ".";
    std::filesystem::path witness;
    std::vector<std::string> programs, to_export;
    bool only_draw = false;
    int rounds = 9;
    app.add_option("--folder", folder, "where the report goes")->required();
    app.add_option("--program", programs, "a benchmark program: NAME=PATH");
    app.add_option("--witness", witness, "the library that is preloaded to compare allocators");
    app.add_option("--rounds", rounds, "of the comparison of allocators")
        ->check(CLI::Range(1, 1000));
    app.add_flag("--only-draw", only_draw, "draw the page of the last run again");
    app.add_option("--export", to_export, "also write these figures as SVG files");
    app.add_option("--export-to", charts, "folder for these files");
    CLI11_PARSE(app, argc, argv);
    try {
        if (!only_draw) {
            selection_settings s = settings_from(programs);
            s.folder = std::filesystem::absolute(folder); // programs run elsewhere
            s.witness = witness.empty() ? witness : std::filesystem::absolute(witness);
            s.rounds = rounds;
            run_selection(s);
        }
        write_report(folder, to_export, charts);
        return EXIT_SUCCESS;
    } catch (const std::exception& e) {
        fmt::print(stderr, "bench.report: {}\n", e.what());
        return EXIT_FAILURE;
    }
}
