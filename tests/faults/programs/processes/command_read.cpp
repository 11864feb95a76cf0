// A command's output is read through popen, line by line.
// expects: nothing

#include "program.hpp"

#include <cstdio>
#include <cstdlib>

namespace faults::command_read {

void program()
{
    std::FILE* command = ::popen("echo one; echo two", "r");
    if (command == nullptr) return;
    char* line = nullptr;
    std::size_t capacity = 0;
    while (::getline(&line, &capacity, command) > 0) static_cast<void>(escape(line));
    std::free(line);
    ::pclose(command);
}

} // namespace faults::command_read
