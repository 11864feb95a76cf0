// A button's handler holds the button, until it is disconnected.
// expects: nothing

#include "program.hpp"

#include <functional>
#include <memory>

namespace faults::button_disconnected {

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
    save->clicked = nullptr;
}

} // namespace faults::button_disconnected
