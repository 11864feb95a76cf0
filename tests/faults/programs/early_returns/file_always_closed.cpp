// A file is opened and closed by its owner, whichever way the function is left.
// expects: nothing

#include "program.hpp"

#include <cstdio>
#include <cstring>
#include <memory>

namespace faults::file_always_closed {

struct closer
{
    void operator()(std::FILE* file) const { std::fclose(file); }
};

bool is_configuration(const char* path)
{
    const std::unique_ptr<std::FILE, closer> file{escape(std::fopen(path, "r"))};
    if (file == nullptr) return false;
    char line[80];
    if (std::fgets(line, sizeof line, file.get()) == nullptr) return false;
    return std::strncmp(line, "[config]", 8) == 0;
}

void program()
{
    static_cast<void>(is_configuration("/proc/self/status"));
}

} // namespace faults::file_always_closed
