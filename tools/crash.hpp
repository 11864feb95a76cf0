// From the crash line of the evidence to words: which signal, in which function and line, and what
// to ask oneself.
#pragma once

#include "stack_frame.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::tools {

// What the main of an exercise could tell when a signal was about to end it.
struct crash
{
    int signal = 0;
    std::optional<std::uint64_t> address; // that was accessed; nothing if the processor didn't tell
    bool near_stack_pointer = false;      // the address: the stack is used up
    std::vector<std::int64_t> offsets = {}; // of each frame's instruction, from the program's start
};

// Reads the fields that follow `crash` in the line: SIGNAL ADDRESS NEAR_STACK_POINTER OFFSET...
// Nothing if they are malformed.
[[nodiscard]] std::optional<crash> read_crash(std::span<const std::string> fields);

// The stack at the crash, from where the signal struck outwards, by addr2line(1) from the debug
// information of `program`. Frames in shared libraries have neither function nor file.
//
// Empty where there is no addr2line, or `program` is not a program.
[[nodiscard]] stack_trace stack_at(const crash& crashed, const std::filesystem::path& program);

// One sentence: `segmentation fault in which_way (2_which_way.cpp:31), at address 0x0: is a pointer
// null?`. The place is the innermost frame in the learner's file, else the innermost in the spec.
[[nodiscard]] std::string describe_crash(const crash& crashed, const stack_trace& stack,
                                         std::string_view learner_file_name);

// The same for the fields that follow `crash` in the evidence.
[[nodiscard]] std::string describe_crash(std::span<const std::string> fields,
                                         const std::filesystem::path& program,
                                         std::string_view learner_file_name);

} // namespace heaplings::tools
