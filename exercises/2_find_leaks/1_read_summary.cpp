// The night shift's phone rings: the ticket machine of platform 2 has run out of memory, again.
// Its log ends with a report by Valgrind, which had watched the program:
//
//     ==4711== HEAP SUMMARY:
//     ==4711==     in use at exit: 3,042 bytes in 4 blocks
//     ==4711==   total heap usage: 5 allocs, 1 frees, 75,746 bytes allocated
//     ==4711==
//     ==4711== LEAK SUMMARY:
//     ==4711==    definitely lost: 16 bytes in 1 blocks
//
// Is that much? Which of the lines call for a doctor? See for yourself first: write a small program
// that forgets a block, and run it by `valgrind ./program`, then by
// `valgrind --leak-check=full ./program`. What does the second report say that the first does not?
//
// TODO: make read_summary find all the numbers that spec/read_summary.hpp names. It finds one of
// them so far, and that only while it is small.
//
// Read: man 1 valgrind (--leak-check), README.md of this chapter

#include "spec/read_summary.hpp"

std::optional<summary> read_summary(std::string_view report)
{
    constexpr std::string_view label = "in use at exit: ";
    const std::size_t found = report.find(label);
    if (found == std::string_view::npos) return std::nullopt;

    summary numbers{};
    for (const char c : report.substr(found + label.size())) {
        if (c < '0' || c > '9') break;
        numbers.in_use_bytes = numbers.in_use_bytes * 10 + static_cast<std::size_t>(c - '0');
    }
    return numbers;
}
