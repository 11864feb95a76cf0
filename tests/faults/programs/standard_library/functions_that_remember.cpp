// std::function and bind with small and large captures are copied, moved, called and replaced.
// expects: nothing

#include "program.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace faults::functions_that_remember {

void program()
{
    std::vector<std::function<std::size_t()>> steps;
    for (std::size_t i = 0; i < 10; ++i) {
        const std::array<long, 20> table{};
        steps.emplace_back([table, i] { return table.size() + i; });
        steps.emplace_back([text = std::string(50, 'f')] { return text.size(); });
        steps.emplace_back([kept = std::make_shared<int>(3)] { return std::size_t{1}; });
    }
    auto others = steps;
    others[0] = std::bind([](const std::string& a, std::size_t b) { return a.size() + b; },
                          std::string(99, 'b'), 4);
    std::size_t sum = 0;
    for (const auto& step : others) sum += step();
    static_cast<void>(escape(&sum));
}

} // namespace faults::functions_that_remember
