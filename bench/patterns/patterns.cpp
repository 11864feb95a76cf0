#include "patterns.hpp"

#include <algorithm>
#include <iterator>

namespace bench {

std::vector<pattern> patterns()
{
    std::vector<pattern> all;
    for (auto group :
         {lifetimes, reuse, fresh, growth, containers, arenas, threads, pages, limits}) {
        std::ranges::move(group(), std::back_inserter(all));
    }
    return all;
}

} // namespace bench
