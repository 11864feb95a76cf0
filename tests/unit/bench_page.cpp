#include "figure.hpp"
#include "html.hpp"
#include "page.hpp"
#include "record.hpp"
#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

using namespace heaplings::bench;
namespace tools = heaplings::tools;

namespace {

measurement measured(const std::string& name, double nanoseconds)
{
    measurement m;
    m.program = "bench.x";
    m.name = name;
    m.nanoseconds = {nanoseconds};
    return m;
}

figure_of grid()
{
    return {.id = "f",
            .question = "Which <is> faster?",
            .words = "Words.",
            .program = "bench.x",
            .families = {"g"},
            .fixed = {{"threads", "1"}},
            .rows = {{.place = 2}},
            .columns = {{.place = 1}},
            .names = {{"b", "second"}, {"left_out", ""}}};
}

report with(const std::vector<measurement>& all)
{
    report r;
    r.run.programs.push_back({"bench.x", "shows", "bench.x --all", "", 1, false});
    r.of_programs.push_back({all, {}});
    return r;
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

std::string no_chart(const figure&, width)
{
    return "<p>no chart</p>";
}

run_record smallest_run()
{
    run_record run;
    run.started = "2026-11-25 19:26 +0000";
    run.programs.push_back({"bench.x", "shows", "bench.x", "", 1, false});
    return run;
}

} // namespace

TEST_CASE("names are no markup on the page")
{
    CHECK(escaped(R"(a<b> & "c" 'd')") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    report r = with({measured("g/<script>/x/threads:1", 5)});
    r.run.programs[0].shows = "<script>alert(1)</script>";
    r.run.machine = {{"CPU", "<script>"}};
    const std::string page = page_of(r, {make_figure(grid(), r)}, no_chart);
    CHECK_FALSE(has(page, "<script"));
    CHECK(has(page, "&lt;script&gt;"));
    CHECK(has(page, "Which &lt;is&gt; faster?"));
}

TEST_CASE("the page needs nothing from outside")
{
    const report r = with({measured("g/a/x/threads:1", 5)});
    const std::string page = page_of(r, {make_figure(grid(), r)}, no_chart);
    for (const char* outside : {"http://", "https://", "src=", "<link", "@import", "url("})
        CHECK_FALSE(has(page, outside));
}

TEST_CASE("measurements become the rows and columns that their names say")
{
    const figure f = make_figure(
        grid(), with({measured("g/a/x/threads:1", 10), measured("g/b/x/threads:1", 20),
                      measured("g/a/some_size/threads:1", 30), measured("g/a/x/threads:2", 40),
                      measured("h/a/x/threads:1", 50), measured("g/left_out/x/threads:1", 60)}));
    CHECK(f.missing == "");
    CHECK(f.numbers.head == std::vector<std::string>{"", "second", "a"});
    REQUIRE(f.numbers.rows.size() == 2);
    CHECK(f.numbers.rows[0] == std::vector<std::string>{"x", "20.0 ns", "10.0 ns"});
    CHECK(f.numbers.rows[1] == std::vector<std::string>{"some size", "–", "30.0 ns"});
}

TEST_CASE("a ratio is that of the same row")
{
    figure_of f = grid();
    f.ratio_to = "a";
    f.form.in = unit::ratio;
    const figure made =
        make_figure(f, with({measured("g/a/x/threads:1", 10), measured("g/b/x/threads:1", 25),
                             measured("g/b/y/threads:1", 25)}));
    CHECK(made.numbers.head == std::vector<std::string>{"", "second"});
    CHECK(made.numbers.rows[0] == std::vector<std::string>{"x", "2.50×"});
    CHECK(made.numbers.rows[1] == std::vector<std::string>{"y", "–"});
}

TEST_CASE("a figure without measurements says why")
{
    report r = with({});
    CHECK(make_figure(grid(), r).missing == "bench.x measured nothing of this kind");
    r.run.programs[0].failure = "bench.x was not built";
    CHECK(make_figure(grid(), r).missing == "bench.x was not built");
    r.run.programs.clear();
    CHECK(make_figure(grid(), r).missing == "bench.x is no part of this run");
    const std::string page = page_of(r, {make_figure(grid(), r)}, no_chart);
    CHECK(has(page, "Skipped: bench.x is no part of this run"));
}

TEST_CASE("a benchmark that skipped itself is shown as skipped, with its reason")
{
    measurement skipped = measured("g/b/x/threads:1", 0);
    skipped.nanoseconds.clear();
    skipped.skipped = "no cgroup here";
    const report r = with({measured("g/a/x/threads:1", 10), skipped});
    const figure f = make_figure(grid(), r);
    CHECK(has(f.words, "Skipped: g/b/x/threads:1: no cgroup here."));
    CHECK(f.numbers.rows[0] == std::vector<std::string>{"x", "–", "10.0 ns"});
    CHECK(has(page_of(r, {f}, no_chart), "g/b/x/threads:1: skipped, no cgroup here"));
    CHECK(has(csv_of(r), "bench.x,g/b/x/threads:1,,1,,,0,,,,no cgroup here"));
}

TEST_CASE("a run is read as it was written, with the results of its programs")
{
    const scratch_folder scratch;
    std::filesystem::create_directory(scratch.path / "data");
    run_record run = smallest_run();
    run.machine = {{"CPU", "a"}};
    run.disturbance = noise{3.5, 0.25};
    run.allocators.emplace();
    run.allocators->benchmarks = {"g/a"};
    run.allocators->allocators = {
        {known_allocators()[0], "/lib/libc.so.6", "", 4096, {{{"", {1, 2}, {3, 4}}}}}};
    write_run_record(run, scratch.path);
    tools::write_file(
        results_file(scratch.path, "bench.x"),
        R"({"benchmarks": [{"run_name": "g/a", "real_time": 4, "time_unit": "ns"}]})");
    const report r = read_report(scratch.path);
    CHECK(r.run.started == run.started);
    CHECK(r.run.machine[0].value == "a");
    CHECK(r.run.disturbance->others == 3.5);
    CHECK(r.run.programs[0].failure == "");
    CHECK(r.run.allocators->allocators[0].runs[0].peak_resident == std::vector<double>{3, 4});
    CHECK(time_per_item(r.of_programs.at(0).all.at(0)) == 4);
}

TEST_CASE("results that are cut off or missing are a failure of their program alone")
{
    const scratch_folder scratch;
    std::filesystem::create_directory(scratch.path / "data");
    write_run_record(smallest_run(), scratch.path);
    const std::string file = results_file(scratch.path, "bench.x").string();
    CHECK(read_report(scratch.path).run.programs[0].failure == file + " is missing");
    tools::write_file(file, R"({"benchmarks": [{"run)");
    CHECK(has(read_report(scratch.path).run.programs[0].failure,
              file + ": expected JSON of Google Benchmark"));
}

TEST_CASE("a record that is missing or of another form is refused with its name")
{
    const scratch_folder scratch;
    std::filesystem::create_directory(scratch.path / "data");
    const std::string file = (scratch.path / "data/run.json").string();
    CHECK_THROWS_WITH((void)read_report(scratch.path),
                      (file + " is missing: a run of the benchmarks writes it").c_str());
    for (const char* text : {"", "[]", R"({"started": 3})"}) {
        tools::write_file(file, text);
        std::string words;
        try {
            (void)read_report(scratch.path);
        } catch (const std::runtime_error& e) {
            words = e.what();
        }
        CHECK(words.starts_with(file + ": "));
    }
}

TEST_CASE("a name with commas and quotes stays one field of CSV")
{
    const report r = with({measured("g/map<int, \"x\">", 5)});
    CHECK(has(csv_of(r), "\nbench.x,\"g/map<int, \"\"x\"\">\",,1,5,0,1,,,,\n"));
}

TEST_CASE("what one program counts stands beside what another times")
{
    const scratch_folder scratch;
    std::filesystem::create_directory(scratch.path / "data");
    run_record run = smallest_run();
    run.programs.push_back({"bench.counts", "shows", "bench.counts", "", 1, true});
    write_run_record(run, scratch.path);
    tools::write_file(
        results_file(scratch.path, "bench.x"),
        R"({"benchmarks": [{"run_name": "g/a", "real_time": 4, "time_unit": "ns"}]})");
    tools::write_file(results_file(scratch.path, "bench.counts"),
                      R"({"context": {"g/a": "It shows a."}, "benchmarks": [
                          {"run_name": "g/a", "real_time": 9, "time_unit": "ns", "allocs_per_iter": 3}]})");
    const report r = read_report(scratch.path);
    CHECK(time_per_item(r.of_programs.at(0).all.at(0)) == 4);
    CHECK(r.of_programs[0].all[0].counters.at("allocs_per_iter") == 3);
    CHECK(r.of_programs[0].context.at("g/a") == "It shows a.");
    CHECK(r.of_programs.at(1).all.empty());
    CHECK(has(page_of(r, {}, no_chart), "It shows a."));
}

TEST_CASE("a figure gathers its families from whichever program measured them")
{
    report r = with({measured("g/a/x/threads:1", 10)});
    r.run.programs.push_back({"bench.y", "shows", "bench.y", "", 1, false});
    r.of_programs.push_back({{measured("g/b/x/threads:1", 20)}, {}});
    CHECK(make_figure(grid(), r).numbers.rows.at(0) ==
          std::vector<std::string>{"x", "20.0 ns", "10.0 ns"});
    figure_of all_of_one = grid();
    all_of_one.families.clear();
    CHECK(make_figure(all_of_one, r).numbers.rows.at(0) ==
          std::vector<std::string>{"x", "10.0 ns"});
}

TEST_CASE("a family that nothing was measured of is named")
{
    figure_of f = grid();
    f.families = {"g", "renamed/since"};
    const figure made = make_figure(f, with({measured("g/a/x/threads:1", 10)}));
    CHECK(made.words == "Words. Not measured: renamed/since.");
}
