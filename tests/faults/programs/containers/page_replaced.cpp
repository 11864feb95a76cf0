// A cache of pages: a page that is loaded again replaces the old one, which is deleted first.
// expects: nothing

#include "program.hpp"

#include <map>
#include <string>

namespace faults::page_replaced {

struct page
{
    char text[256]{};
};

void program()
{
    std::map<std::string, page*> cache;
    for (const char* name : {"index", "news", "index"}) {
        page*& place = cache[name];
        delete place;
        place = escape(new page);
    }
    for (const auto& [name, loaded] : cache) delete loaded;
}

} // namespace faults::page_replaced
