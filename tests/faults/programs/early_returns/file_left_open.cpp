// A file is opened and not closed when its first line is not what was expected.
// expects: leak

#include "program.hpp"

#include <cstdio>
#include <cstring>

namespace faults::file_left_open {

bool is_configuration(const char* path)
{
    std::FILE* file = escape(std::fopen(path, "r"));
    if (file == nullptr) return false;
    char line[80];
    if (std::fgets(line, sizeof line, file) == nullptr) return false;
    if (std::strncmp(line, "[config]", 8) != 0) return false;
    std::fclose(file);
    return true;
}

void program()
{
    static_cast<void>(is_configuration("/proc/self/status"));
}

} // namespace faults::file_left_open
