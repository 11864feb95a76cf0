// Parents own their children, children only observe their parents; a weak_ptr outlives them all.
// expects: nothing

#include "program.hpp"

#include <memory>
#include <vector>

namespace faults::children_look_up {

struct person
{
    std::weak_ptr<person> parent;
    std::vector<std::shared_ptr<person>> children;
};

void program()
{
    std::weak_ptr<person> remembered;
    {
        const auto mother = std::make_shared<person>();
        remembered = mother;
        for (int i = 0; i < 2; ++i) {
            mother->children.push_back(std::make_shared<person>());
            mother->children.back()->parent = mother;
        }
    }
    const bool gone = remembered.lock() == nullptr;
    static_cast<void>(escape(&gone));
}

} // namespace faults::children_look_up
