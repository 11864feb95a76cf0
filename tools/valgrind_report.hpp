// What Valgrind's memcheck found, read from its XML (protocol 4), for a learner and as a full log.
#pragma once

#include "crash.hpp"

#include <heaplings/units.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::tools {

// More that Valgrind says of an error: `Address 0x4d6fca8 is 0 bytes after a block of size 40
// alloc'd`, and if it is about an earlier moment, where that was.
struct valgrind_note
{
    std::string text;
    stack_trace stack;
};

enum class leak_kind { definite, indirect, possible, reachable };

// Blocks that were still allocated at the end.
struct valgrind_leak
{
    leak_kind kind = leak_kind::definite;
    bytes size; // without the blocks that are lost through these: they are leaks of their own
    std::int64_t blocks = 0;
};

struct valgrind_finding
{
    std::string kind;        // "definitely lost", "invalid write of size 4", "double free"
    std::string explanation; // "no pointer is left"; may be empty
    std::string text;        // in Valgrind's words
    std::optional<valgrind_leak> leak; // nothing for an error while the program ran
    std::int64_t times = 1;            // that the error happened at this place
    int thread = 1;
    stack_trace stack; // of the error, or of the leaked blocks' allocation
    std::vector<valgrind_note> notes;
};

struct valgrind_signal
{
    std::string name;  // SIGSEGV
    std::string event; // "Access not within mapped region"; may be empty
    crash ended;       // number and address
    stack_trace stack;
};

struct valgrind_report
{
    std::vector<std::string> preamble; // version and command line
    std::int64_t process = 0;
    std::vector<valgrind_finding> findings; // in the order found; leaks are looked for at the end
    std::optional<valgrind_signal> fatal_signal;
    bool finished = false; // Valgrind came to the end of its report
};

// `valgrind` and its options, before the program and its arguments: every kind of leak is an error,
// the report goes to `xml_descriptor`. Neither environment nor files named .valgrindrc add options.
[[nodiscard]] std::vector<std::string> valgrind_command(const std::filesystem::path& valgrind,
                                                        int xml_descriptor);

// The report of a run. One that was killed leaves an unfinished report with what was found by then.
//
// Throws std::system_error if the file can't be read, parse_error if it is not memcheck's XML.
[[nodiscard]] valgrind_report read_valgrind_xml(const std::filesystem::path& file);

// What is to be mended, in lines of at most 80 columns, each with its newline: what is wrong and
// where in the learner's file. Equal findings count as one; after the fifth only their number is
// told. Empty if all is well.
[[nodiscard]] std::string summarise(const valgrind_report& report,
                                    std::string_view learner_file_name);

// All of it, in the form of Valgrind's own text log.
[[nodiscard]] std::string full_text(const valgrind_report& report);

} // namespace heaplings::tools
