// A table of tsearch, from which every word is taken again; and one of hsearch, destroyed.
// expects: nothing

#include "program.hpp"

#include <cstring>
#include <search.h>

namespace faults::search_tree_taken_down {

int by_text(const void* a, const void* b)
{
    return std::strcmp(static_cast<const char*>(a), static_cast<const char*>(b));
}

void program()
{
    constexpr const char* words[] = {"pear", "apple", "plum", "quince"};
    void* root = nullptr;
    for (const char* word : words) ::tsearch(word, &root, by_text);
    for (const char* word : words) ::tdelete(word, &root, by_text);
    static_cast<void>(escape(root));

    if (::hcreate(30) != 0) ::hdestroy();
}

} // namespace faults::search_tree_taken_down
