#include "patterns.hpp"

#include <iterator>

namespace bench {

std::vector<pattern> patterns()
{
    std::vector<pattern> all;
    for (auto group : {lifetimes}) {
        std::ranges::move(group(), std::back_inserter(all));
    }
    return all;
}

} // namespace bench
