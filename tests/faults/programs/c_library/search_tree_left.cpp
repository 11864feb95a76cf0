// A table of tsearch: the root pointer goes out of scope with all nodes.
// expects: leak

#include "program.hpp"

#include <cstring>
#include <search.h>

namespace faults::search_tree_left {

int by_text(const void* a, const void* b)
{
    return std::strcmp(static_cast<const char*>(a), static_cast<const char*>(b));
}

void program()
{
    void* root = nullptr;
    for (const char* word : {"pear", "apple", "plum", "apple"}) ::tsearch(word, &root, by_text);
    static_cast<void>(escape(root));
}

} // namespace faults::search_tree_left
