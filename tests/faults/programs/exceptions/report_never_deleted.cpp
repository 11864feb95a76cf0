// A price is checked between new and delete; the check throws.
// expects: leak

#include "program.hpp"

#include <stdexcept>

namespace faults::report_never_deleted {

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
    auto* sum = escape(new report);
    for (int i = 0; i < count; ++i) {
        check(prices[i]);
        sum->total += prices[i];
    }
    delete sum;
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

} // namespace faults::report_never_deleted
