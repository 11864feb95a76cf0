#include "axis.hpp"

#include <algorithm>
#include <cmath>

namespace heaplings::bench {

namespace {

std::vector<double> values_of(const chart& c)
{
    std::vector<double> values;
    for (const series& s : c.all) {
        for (const std::optional<double>& value : s.values) {
            if (value && (!c.logarithmic || *value > 0)) values.push_back(*value);
        }
    }
    if (c.reference) values.push_back(*c.reference);
    if (values.empty()) values.push_back(1);
    return values;
}

// The round step (1, 2 or 5 times a power of ten) that makes at most 6 of `span`.
double round_step(double span)
{
    const double power = std::pow(10, std::floor(std::log10(span / 6)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (span / (factor * power) <= 6) return factor * power;
    }
    return 10 * power;
}

axis linear(double most)
{
    const double step = round_step(most > 0 ? most : 1);
    axis a{0, std::max(most, step), false, {}};
    for (double tick = 0; tick <= a.to * (1 + 1e-9); tick += step) a.ticks.push_back(tick);
    return a;
}

// Powers of ten; where few of them are in sight, also their multiples by the factors.
axis logarithmic(double least, double most)
{
    const double slack = 1.08; // room for the marks at the ends
    axis a{least / slack, most * slack, true, {}};
    const double decades = std::log10(a.to / a.from);
    const std::vector<double> factors = decades > 2.5   ? std::vector<double>{1}
                                        : decades > 1.2 ? std::vector<double>{1, 3}
                                                        : std::vector<double>{1, 1.5, 2, 3, 5, 7};
    for (double power = std::pow(10, std::floor(std::log10(a.from))); power <= a.to; power *= 10) {
        for (const double factor : factors) {
            const double tick = factor * power;
            if (tick >= a.from && tick <= a.to) a.ticks.push_back(tick);
        }
    }
    return a;
}

} // namespace

double axis::place(double value) const
{
    if (!logarithmic) return (value - from) / (to - from);
    return std::log(value / from) / std::log(to / from);
}

axis axis_for(const chart& c)
{
    const std::vector<double> values = values_of(c);
    const auto [least, most] = std::ranges::minmax(values);
    return c.logarithmic ? logarithmic(least, most) : linear(most);
}

} // namespace heaplings::bench
