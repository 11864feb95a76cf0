// A price is checked while a unique_ptr owns the report; the check throws.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <stdexcept>

namespace faults::report_unwound {

struct report
{
    double total = 0;
};

void check(double price)
{
    if (price < 0) throw std::invalid_argument{"a price is never negative"};
}

void add_up(const double* prices, int count)
{
    const std::unique_ptr<report> sum{escape(new report)};
    for (int i = 0; i < count; ++i) {
        check(prices[i]);
        sum->total += prices[i];
    }
}

void program()
{
    constexpr double prices[] = {3.5, 8, -1};
    try {
        add_up(prices, 3);
    } catch (const std::invalid_argument&) {
        // the caller goes on without a sum
    }
}

} // namespace faults::report_unwound
