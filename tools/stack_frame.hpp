// The functions on a stack as a debugger or Valgrind names them, and which of them a learner can
// look at.
#pragma once

#include <cstdint>
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

} // namespace heaplings::tools
