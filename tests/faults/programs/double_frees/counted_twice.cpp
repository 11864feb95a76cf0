// Two shared_ptr are made of the same raw pointer: two counts, two deletes.
// expects: bad free

#include "program.hpp"

#include <memory>

namespace faults::counted_twice {

struct document
{
    int pages = 1;
};

void program()
{
    auto* opened = escape(new document{12});
    const std::shared_ptr<document> editor{opened};
    const std::shared_ptr<document> printer{escape(opened)};
}

} // namespace faults::counted_twice
