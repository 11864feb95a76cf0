// What this machine can do for the course, found out by trying.
#pragma once

#include "course.hpp"

#include <string>
#include <vector>

namespace heaplings::tools {

struct finding
{
    std::string what; // "Valgrind"
    bool works = false;
    std::string detail; // a version, or what went wrong
    std::string remedy; // what to do about it; empty if it works
    bool needed = true; // without it exercises can't be judged
};

[[nodiscard]] std::vector<finding> examine_machine(const course& all);

} // namespace heaplings::tools
