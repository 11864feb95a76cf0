#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// A call of malloc (calloc, realloc) whose blocks were never freed.
struct site
{
    std::string function; // the one that contains the call; empty if Valgrind knows no name
    std::string file;     // with its folder: /home/ada/list.c; empty without -g
    int line = 0;         // of the call in `file`; 0 without -g
    std::size_t blocks = 0;
    std::size_t bytes = 0; // as the report counts them
};

// The sites of all leaks (lost and reachable ones) in Valgrind's XML report, in its order.
//
// Leaks with the same function, file and line are one site, with their blocks and bytes added up.
std::vector<site> leak_sites(std::string_view xml);
