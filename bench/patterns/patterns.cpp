#include "patterns.hpp"

#include <algorithm>
#include <iterator>

namespace bench {

std::vector<pattern> patterns()
{
    std::vector<pattern> all;
    for (auto group : {lifetimes, reuse, fresh, growth, containers, arenas, threads, contention,
                       pages, give_back, limits}) {
        std::ranges::move(group(), std::back_inserter(all));
    }
    return all;
}

} // namespace bench
