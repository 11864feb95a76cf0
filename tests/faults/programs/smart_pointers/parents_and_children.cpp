// Parents own their children, and children own their parents: a cycle of shared_ptr.
// expects: leak

#include "program.hpp"

#include <memory>
#include <vector>

namespace faults::parents_and_children {

struct person
{
    std::shared_ptr<person> parent;
    std::vector<std::shared_ptr<person>> children;
};

void program()
{
    const auto mother = std::make_shared<person>();
    for (int i = 0; i < 2; ++i) {
        mother->children.push_back(std::make_shared<person>());
        mother->children.back()->parent = mother;
    }
}

} // namespace faults::parents_and_children
