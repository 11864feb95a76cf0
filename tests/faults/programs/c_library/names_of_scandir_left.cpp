// scandir gives a list of entries; the list is freed, the entries are not.
// expects: leak

#include "program.hpp"

#include <cstdlib>
#include <dirent.h>

namespace faults::names_of_scandir_left {

void program()
{
    dirent** entries = nullptr;
    const int count = ::scandir("/proc/self/fdinfo", &entries, nullptr, ::alphasort);
    if (count < 0) return;
    std::free(escape(entries));
}

} // namespace faults::names_of_scandir_left
