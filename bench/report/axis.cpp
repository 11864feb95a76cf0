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

// The round step (1, 2 or 5 times a power of ten) that goes into `span` at most so many times.
double round_step(double span, double times)
{
    const double power = std::pow(10, std::floor(std::log10(span / times)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (span / (factor * power) <= times) return factor * power;
    }
    return 10 * power;
}

axis linear(double most, std::size_t most_ticks, unit in)
{
    const double wanted = (most > 0 ? most : 1) / static_cast<double>(most_ticks - 1);
    const double step = in == unit::bytes
                            ? std::exp2(std::ceil(std::log2(wanted)))
                            : round_step(most > 0 ? most : 1, static_cast<double>(most_ticks - 1));
    axis a{0, std::max(most, step), false, {}};
    for (double tick = 0; tick <= a.to * (1 + 1e-9); tick += step) a.ticks.push_back(tick);
    return a;
}

std::vector<double> multiples_of_powers(const axis& a, const std::vector<double>& factors)
{
    std::vector<double> ticks;
    for (double power = std::pow(10, std::floor(std::log10(a.from))); power <= a.to; power *= 10) {
        for (const double factor : factors) {
            const double tick = factor * power;
            if (tick >= a.from && tick <= a.to) ticks.push_back(tick);
        }
    }
    return ticks;
}

// Powers of ten with as many of their multiples as there is room for.
axis logarithmic(double least, double most, std::size_t most_ticks)
{
    const double slack = 1.08; // room for the marks at the ends
    axis a{least / slack, most * slack, true, {}};
    for (const std::vector<double>& factors : {std::vector<double>{1, 1.2, 1.5, 2, 3, 5, 7},
                                               {1, 1.5, 2, 3, 5, 7},
                                               {1, 2, 5},
                                               {1, 3},
                                               {1}}) {
        a.ticks = multiples_of_powers(a, factors);
        if (a.ticks.size() <= most_ticks) return a;
    }
    const std::vector<double> powers = std::move(a.ticks);
    a.ticks.clear();
    const std::size_t step = powers.size() / most_ticks + 1;
    for (std::size_t i = 0; i < powers.size(); i += step) a.ticks.push_back(powers[i]);
    return a;
}

} // namespace

double axis::place(double value) const
{
    if (!logarithmic) return (value - from) / (to - from);
    return std::log(value / from) / std::log(to / from);
}

axis axis_for(const chart& c, std::size_t most_ticks)
{
    const std::vector<double> values = values_of(c);
    const auto [least, most] = std::ranges::minmax(values);
    return c.logarithmic ? logarithmic(least, most, most_ticks) : linear(most, most_ticks, c.in);
}

} // namespace heaplings::bench
