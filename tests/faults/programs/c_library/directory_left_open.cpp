// A directory is searched, and not closed once the file is found.
// expects: leak

#include "program.hpp"

#include <cstring>
#include <dirent.h>

namespace faults::directory_left_open {

bool has_file(const char* path, const char* name)
{
    DIR* directory = escape(::opendir(path));
    if (directory == nullptr) return false;
    while (const dirent* entry = ::readdir(directory)) {
        if (std::strcmp(entry->d_name, name) == 0) return true;
    }
    ::closedir(directory);
    return false;
}

void program()
{
    static_cast<void>(has_file("/proc/self", "status"));
    static_cast<void>(has_file("/proc/self", "no such file"));
}

} // namespace faults::directory_left_open
