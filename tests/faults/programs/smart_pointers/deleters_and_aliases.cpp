// shared_ptr with deleters, aliases of parts, arrays, void and a base without a virtual destructor.
// expects: nothing

#include "program.hpp"

#include <cstdio>
#include <memory>
#include <string>

namespace faults::deleters_and_aliases {

struct shape // no virtual destructor: the shared_ptr remembers what it was made of
{
    int corners = 0;
};
struct polygon : shape
{
    std::string name = "a polygon that has quite a number of corners";
};

void program()
{
    const std::shared_ptr<shape> drawn = std::make_shared<polygon>();
    const std::shared_ptr<shape> other{escape(new polygon)};
    const std::shared_ptr<void> anything = std::make_shared<std::string>(70, 'v');

    auto whole = std::make_shared<polygon>();
    const std::shared_ptr<std::string> part{whole, &whole->name};
    whole.reset();

    const std::shared_ptr<std::FILE> file{std::fopen("/proc/self/status", "r"), [](std::FILE* f) {
                                              if (f != nullptr) std::fclose(f);
                                          }};
    const std::shared_ptr<double[]> samples{escape(new double[300])};
    int on_the_stack = 3;
    const std::shared_ptr<int> seen{&on_the_stack, [](int*) {}};
}

} // namespace faults::deleters_and_aliases
