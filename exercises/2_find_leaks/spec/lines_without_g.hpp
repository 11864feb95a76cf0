#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// A line of a stack in Valgrind's report: one function that had been called, and where it is.
struct frame
{
    std::uintptr_t pc = 0; // program counter: where in this function the call stood
    std::string function;  // as the report shows it; empty if Valgrind knows no name
    std::string object;    // the program or library that holds the code; empty if not told
    std::string file;      // the source file as the report shows it; empty if not told
    int line = 0;          // the line in `file`; 0 if not told
};

// The frame on `line`, a line of a report without its newline. Nothing if it shows no frame.
std::optional<frame> read_frame(std::string_view line);
