// Owners that are moved, swapped, returned and moved from again.
// expects: nothing

#include "program.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace faults::moved_around {

std::unique_ptr<std::string> letter(int number)
{
    return std::make_unique<std::string>(static_cast<std::size_t>(number), 'x');
}

void program()
{
    std::vector<std::unique_ptr<std::string>> box;
    for (int number = 0; number < 60; ++number) box.push_back(letter(number));
    std::reverse(box.begin(), box.end());
    box.erase(box.begin() + 10, box.begin() + 20);

    auto taken = std::move(box[3]);
    box[4] = std::move(taken);
    taken = std::move(box[5]);
    std::swap(box[0], taken);
    auto other_box = std::move(box);
    box = std::move(other_box);
    static_cast<void>(escape(&box));
}

} // namespace faults::moved_around
