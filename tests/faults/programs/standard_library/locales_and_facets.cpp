// Locales with a facet of their own, imbued into streams; the locale owns the facet.
// expects: nothing

#include "program.hpp"

#include <locale>
#include <sstream>
#include <string>

namespace faults::locales_and_facets {

struct grouped : std::numpunct<char>
{
protected:
    char do_thousands_sep() const override { return '\''; }
    std::string do_grouping() const override { return "\3"; }
};

void program()
{
    const std::locale swiss{std::locale::classic(), new grouped};
    std::ostringstream bill;
    bill.imbue(swiss);
    bill << 1'234'567 << ' ' << 12.5;
    const std::locale before = std::locale::global(swiss);
    std::ostringstream other;
    other << 7'654'321;
    std::locale::global(before);
    const std::locale unicode{"C.UTF-8"};
    other.imbue(unicode);
    other << 1000;
}

} // namespace faults::locales_and_facets
