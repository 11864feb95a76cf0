// optional, variant and any hold objects in place, and destroy one before they hold the next.
// expects: nothing

#include "program.hpp"

#include <any>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace faults::wrapped_in_place {

void program()
{
    std::optional<std::string> answer;
    std::variant<int, std::string, std::vector<double>> cell;
    std::any anything;
    for (std::size_t i = 0; i < 5; ++i) {
        answer.emplace(50 + i, '!');
        cell = std::string(60 + i, '?');
        cell.emplace<std::vector<double>>(i + 1, 0.5);
        anything = *answer;
        anything = std::vector<int>(i + 3);
    }
    cell = 0;
    answer.reset();
    static_cast<void>(escape(&anything));
}

} // namespace faults::wrapped_in_place
