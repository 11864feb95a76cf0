// From the crash line of the evidence to words: which signal, in which function and line, and what
// to ask oneself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::tools {

// A function that was running or waiting for another to return. What isn't known is empty or 0.
struct stack_frame
{
    std::uint64_t address = 0; // of the instruction
    std::string object;        // program or shared library that holds it
    std::string function;      // demangled: which_way(unsigned long const*, unsigned long)
    std::string file;          // source file, as the compiler was given it
    int line = 0;
};

// Innermost frame first.
using stack_trace = std::vector<stack_frame>;

// The function's name without return type, parameters and template arguments:
// std::vector::push_back for `std::vector<int, std::allocator<int> >::push_back(int const&)`.
[[nodiscard]] std::string plain_name(std::string_view function);

// Whether the frame's source file has this name, whatever its folder.
[[nodiscard]] bool is_in_file(const stack_frame& frame, std::string_view file_name);

// Whether the frame's source file is that of a spec: spec/which_way.cpp.
[[nodiscard]] bool is_of_spec(const stack_frame& frame);

// The innermost frame that a learner can look at: in their own file, else in the spec, else the
// end.
[[nodiscard]] stack_trace::const_iterator find_place(const stack_trace& stack,
                                                     std::string_view learner_file_name);

// What the frame at `place` had called: malloc, std::vector::at, or a library function whose name
// isn't known. Empty if it is the innermost. Wrappers of the spec and doctest's functions are left
// out.
[[nodiscard]] std::string callee_of(const stack_trace& stack, stack_trace::const_iterator place);

// `which_way (2_which_way.cpp:31)` or `the spec (spec/which_way.cpp:12)`.
[[nodiscard]] std::string place_in_words(const stack_frame& frame);

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
