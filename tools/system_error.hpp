// What to throw when the operating system refuses.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace heaplings::tools {

// Throws std::system_error: `what` could not be done, as in "cannot read notes.md", and why.
[[noreturn]] inline void fail(const std::string& what, int error = errno)
{
    throw std::system_error{error, std::generic_category(), what};
}

} // namespace heaplings::tools
