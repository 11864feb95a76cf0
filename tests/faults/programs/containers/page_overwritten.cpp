// A cache of pages: a page that is loaded again replaces the pointer to the old one.
// expects: leak

#include "program.hpp"

#include <map>
#include <string>

namespace faults::page_overwritten {

struct page
{
    char text[256]{};
};

void program()
{
    std::map<std::string, page*> cache;
    for (const char* name : {"index", "news", "index"}) cache[name] = escape(new page);
    for (const auto& [name, loaded] : cache) delete loaded;
}

} // namespace faults::page_overwritten
