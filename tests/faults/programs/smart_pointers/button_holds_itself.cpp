// A button's handler holds the button that holds the handler.
// expects: leak

#include "program.hpp"

#include <functional>
#include <memory>

namespace faults::button_holds_itself {

struct button
{
    std::function<void()> clicked;
    int clicks = 0;
};

void program()
{
    const auto save = std::make_shared<button>();
    save->clicked = [save] { ++save->clicks; };
    save->clicked();
}

} // namespace faults::button_holds_itself
