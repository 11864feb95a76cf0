// Arrays of classes with destructors, for which new[] keeps their count in front; also empty ones.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <string>

namespace faults::arrays_with_a_count {

struct team
{
    std::string name = "a team whose name needs a block of its own";
    std::unique_ptr<int> points = std::make_unique<int>(0);
};

void program()
{
    for (const std::size_t teams : {0U, 1U, 2U, 18U}) delete[] escape(new team[teams]);
    auto* grid = escape(new team[3][2]);
    delete[] grid;
    const auto league = std::make_unique<team[]>(20);
    const std::shared_ptr<team[]> cup{escape(new team[16])};
}

} // namespace faults::arrays_with_a_count
