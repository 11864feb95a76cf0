// stable_sort, inplace_merge and stable_partition take a temporary buffer, and give it back.
// expects: nothing

#include "program.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace faults::sorted_with_a_buffer {

void program()
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < 300; ++i) names.emplace_back(1 + i * 7919 % 61, 'n');
    const auto by_size = [](const auto& a, const auto& b) { return a.size() < b.size(); };
    std::stable_sort(names.begin(), names.end(), by_size);
    std::rotate(names.begin(), names.begin() + 150, names.end());
    std::inplace_merge(names.begin(), names.begin() + 150, names.end(), by_size);
    std::stable_partition(names.begin(), names.end(),
                          [](const auto& name) { return name.size() % 2 == 0; });
}

} // namespace faults::sorted_with_a_buffer
