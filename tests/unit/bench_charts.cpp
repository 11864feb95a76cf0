#include "axis.hpp"
#include "chart.hpp"
#include "scratch_folder.hpp"
#include "svg.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace heaplings::bench;

namespace {

chart two_rows()
{
    chart c;
    c.axis = "time";
    c.labels = {"small <blocks>", "large & old"};
    c.all = {{"malloc", {10.0, 20.0}}, {"calloc", {12.0, std::nullopt}}};
    return c;
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("values are shown with three digits and their unit")
{
    CHECK(shown(6.5416, unit::nanoseconds) == "6.54 ns");
    CHECK(shown(40.52, unit::nanoseconds) == "40.5 ns");
    CHECK(shown(999.4, unit::nanoseconds) == "999 ns");
    CHECK(shown(999.6, unit::nanoseconds) == "1.00 µs");
    CHECK(shown(2.5e9, unit::nanoseconds) == "2.50 s");
    CHECK(shown(1.0, unit::ratio) == "1.00×");
    CHECK(shown(4351590, unit::bytes) == "4.15 MiB");
    CHECK(shown(0, unit::bytes) == "0.00 B");
}

TEST_CASE("a linear axis begins at zero, holds all values and has round ticks")
{
    const axis a = axis_for(two_rows(), 6);
    CHECK(a.from == 0);
    CHECK(a.to >= 20);
    CHECK(a.ticks == std::vector<double>{0, 5, 10, 15, 20});
    CHECK(a.place(10) == doctest::Approx(10 / a.to));
}

TEST_CASE(
    "a logarithmic axis holds all values and the reference, with no more ticks than asked for")
{
    chart c = two_rows();
    c.logarithmic = true;
    c.reference = 1;
    c.all[0].values = {0.02, 4e6};
    for (const std::size_t most_ticks : {2U, 4U, 8U}) {
        const axis a = axis_for(c, most_ticks);
        CHECK(a.from < 0.02);
        CHECK(a.to > 4e6);
        CHECK(a.ticks.size() >= 1);
        CHECK(a.ticks.size() <= most_ticks);
        CHECK(a.place(a.from) == doctest::Approx(0));
        CHECK(a.place(a.to) == doctest::Approx(1));
    }
}

TEST_CASE("values that a logarithmic axis has no place for do not break it")
{
    chart c = two_rows();
    c.logarithmic = true;
    c.all[0].values = {0.0, 10.0};
    const axis a = axis_for(c, 6);
    CHECK(a.from > 0);
    CHECK(std::isfinite(a.to));
}

TEST_CASE("a chart without values is empty")
{
    chart c = two_rows();
    CHECK_FALSE(is_empty(c));
    c.all = {{"malloc", {std::nullopt, std::nullopt}}};
    CHECK(is_empty(c));
}

TEST_CASE("a chart that can't be drawn is refused with the reason")
{
    chart c = two_rows();
    c.all[1].values.pop_back();
    CHECK_THROWS_WITH_AS((void)gnuplot_script(c, width::wide, "x.svg"),
                         "series \"calloc\" has 1 values for 2 labels", std::invalid_argument);
    c = two_rows();
    c.all = {{"nothing", {std::nullopt, std::nullopt}}};
    CHECK_THROWS_WITH_AS((void)gnuplot_script(c, width::wide, "x.svg"), "a chart without values",
                         std::invalid_argument);
    c = two_rows();
    c.all.assign(6, {"s", {1.0, 2.0}});
    CHECK_THROWS_WITH_AS((void)gnuplot_script(c, width::wide, "x.svg"),
                         "a chart of 6 series, at most 5 can be told apart", std::invalid_argument);
}

TEST_CASE("names can't leave their quotes in gnuplot's script")
{
    chart c = two_rows();
    c.labels[0] = "a\"; system \"true\\";
    const std::string script = gnuplot_script(c, width::wide, "x.svg");
    CHECK(has(script, R"("a\"; system \"true\\")"));
}

TEST_CASE("what gnuplot did not write is refused")
{
    CHECK_THROWS_AS((void)tidy_svg("<html></html>", "a", "t"), std::runtime_error);
    CHECK_THROWS_AS((void)tidy_svg("", "a", "t"), std::runtime_error);
}

TEST_CASE(
    "gnuplot draws each form, in both widths, with the page's colours and no markup from names")
{
    const auto gnuplot = find_gnuplot();
    if (!gnuplot) {
        MESSAGE("skipped: gnuplot is not installed");
        return;
    }
    const scratch_folder scratch;
    chart c = two_rows();
    c.steps = "sizes";
    for (const form shape : {form::bars, form::dots, form::lines}) {
        for (const width w : {width::wide, width::narrow}) {
            c.shape = shape;
            const std::string svg = draw(c, w, "pic", "Is <a> & b?", true, *gnuplot, scratch.path);
            CAPTURE(svg);
            CHECK(svg.starts_with("<svg "));
            CHECK(has(svg, "aria-label=\"Is &lt;a&gt; &amp; b?\""));
            CHECK(has(svg, "small &lt;blocks>"));
            CHECK(has(svg, "large &amp; old"));
            CHECK(has(svg, "var(--s1)"));
            CHECK(has(svg, "var(--s2)"));
            CHECK_FALSE(has(svg, "rgb("));
            CHECK_FALSE(has(svg, "\"black\""));
            CHECK_FALSE(has(svg, "gnuplot_"));
            CHECK(standalone_svg(svg).find("prefers-color-scheme:dark") != std::string::npos);
        }
    }
}

TEST_CASE("each series has its mark, whatever shapes that is made of")
{
    const auto gnuplot = find_gnuplot();
    if (!gnuplot) {
        MESSAGE("skipped: gnuplot is not installed");
        return;
    }
    const scratch_folder scratch;
    chart c = two_rows();
    c.shape = form::dots;
    c.all.assign(most_series, {"s", {1.0, 2.0}});
    const std::string svg = draw(c, width::wide, "pic", "t", false, *gnuplot, scratch.path);
    for (std::size_t at = 0; (at = svg.find("href='#", at)) != std::string::npos; ++at) {
        const std::string shape = svg.substr(at + 7, svg.find('\'', at + 7) - at - 7);
        CAPTURE(shape);
        CHECK(has(svg, "id='" + shape + "'"));
    }
}

TEST_CASE("gnuplot's own words tell why it failed")
{
    const scratch_folder scratch;
    const auto gnuplot = scratch.path / "gnuplot";
    heaplings::tools::write_file(gnuplot, "#!/bin/sh\necho no svg here >&2\nexit 1\n");
    std::filesystem::permissions(gnuplot, std::filesystem::perms::owner_all);
    CHECK_THROWS_WITH_AS(
        (void)draw(two_rows(), width::wide, "pic", "t", false, gnuplot, scratch.path),
        "gnuplot ended with exit status 1: no svg here\n", std::runtime_error);
}
