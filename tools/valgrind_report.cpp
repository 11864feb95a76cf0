#include "valgrind_report.hpp"

#include "text.hpp"

#include <heaplings/error.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <pugixml.hpp>
#include <utility>

namespace heaplings::tools {

namespace {

// Valgrind writes 0x4D6FCA8, 72704 and, within sentences, 72,704. 0 if there is no number.
std::uint64_t number_from(std::string_view text)
{
    const int base = text.starts_with("0x") ? 16 : 10;
    std::string digits{text.substr(base == 16 ? 2 : 0)};
    std::erase(digits, ',');
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    return number;
}

std::int64_t count_from(std::string_view text)
{
    return static_cast<std::int64_t>(number_from(text));
}

// ---------------------------------------------------------------------------- Valgrind's sentences

// Where an address lies: `Address 0x4d6fca8 is 4 bytes after a block of size 40 alloc'd`.
struct block_position
{
    std::int64_t distance = 0;
    std::string relation; // inside, after, before
    std::int64_t size = 0;
    bool freed = false;
};

std::optional<block_position> block_position_from(const std::string& note)
{
    char distance[24];
    char relation[8];
    char size[24];
    char state[8];
    if (std::sscanf(note.c_str(),
                    "Address 0x%*[0-9a-fA-F] is %23[0-9,] bytes %7[a-z] a block of size %23[0-9,] "
                    "%7s",
                    distance, relation, size, state) != 4) {
        return std::nullopt;
    }
    return block_position{count_from(distance), relation, count_from(size),
                          std::string_view{state} == "free'd"};
}

// A block that leads to others is reported with them: `64 (32 direct, 32 indirect) bytes in 1
// blocks are definitely lost`. What is lost directly, or nothing if the sentence is a plain one.
std::optional<std::int64_t> direct_size_from(std::string_view text)
{
    const std::size_t open = text.find('(');
    const std::size_t end = text.find(" direct, ");
    if (open == std::string_view::npos || end == std::string_view::npos || end < open) {
        return std::nullopt;
    }
    return count_from(text.substr(open + 1, end - open - 1));
}

std::string in_words(const block_position& at)
{
    const std::string block = fmt::format("a block of {}", quantity(at.size, "byte"));
    const std::string distance = quantity(at.distance, "byte");
    if (at.freed) return fmt::format("byte {} of {} that was freed", at.distance, block);
    if (at.relation == "before") return fmt::format("{} before {}", distance, block);
    if (at.relation == "inside") return fmt::format("byte {} of {}", at.distance, block);
    if (at.distance == 0) return fmt::format("just past the end of {}", block);
    return fmt::format("{} past the end of {}", distance, block);
}

// What an invalid read, write or free hit.
std::string target_in_words(const std::string& note)
{
    constexpr std::string_view start = "Address ";
    constexpr std::uint64_t first_page = 4096;
    if (const auto position = block_position_from(note)) return in_words(*position);
    if (!note.starts_with(start)) return note;
    const std::string address = note.substr(start.size());
    const std::string number = address.substr(0, address.find(' '));
    if (number_from(number) < first_page) {
        return fmt::format("address {}, is a pointer null?", number);
    }
    return "address " + address;
}

std::string function_in(const stack_trace& stack)
{
    return stack.empty() ? "" : plain_name(stack.front().function);
}

// Fills in kind and explanation from the name of the error in the XML and the rest of the finding.
void explain(valgrind_finding& found, std::string_view error)
{
    const valgrind_note first = found.notes.empty() ? valgrind_note{} : found.notes.front();
    const auto position = block_position_from(first.text);
    found.kind = found.text;
    if (error == "InvalidRead" || error == "InvalidWrite") {
        found.kind.replace(0, 1, "i"); // Invalid write of size 4
        found.explanation = target_in_words(first.text);
        if (position && position->relation == "inside" && !position->freed) {
            found.explanation += ", and on past its end";
        }
    } else if (error == "InvalidFree" && position && position->freed) {
        found.kind = "double free";
        found.explanation = "the block was freed before";
    } else if (error == "InvalidFree") {
        found.kind = "invalid free";
        found.explanation = target_in_words(first.text);
        if (position && position->relation == "inside") found.explanation += ", not its start";
    } else if (error == "MismatchedFree") {
        found.kind = "mismatched free";
        found.explanation = fmt::format("{} of a block from {}", function_in(found.stack),
                                        function_in(first.stack));
    } else if (error == "UninitCondition" || error == "UninitValue") {
        found.kind = "uninitialised value";
        found.explanation = "used before anything was stored in it";
    } else if (error == "SyscallParam") {
        found.kind = "bad argument of a system call";
        found.explanation = found.text;
    } else if (error == "InvalidJump") {
        found.kind = "invalid call";
        found.explanation = "there is no function at that address";
    }
}

void explain(valgrind_finding& found, leak_kind kind)
{
    switch (kind) {
    case leak_kind::definite:
        found.kind = "definitely lost";
        found.explanation = "no pointer is left";
        break;
    case leak_kind::indirect:
        found.kind = "indirectly lost";
        found.explanation = "only lost blocks point there";
        break;
    case leak_kind::possible:
        found.kind = "possibly lost";
        found.explanation = "only pointers to the inside are left";
        break;
    case leak_kind::reachable:
        found.kind = "still reachable";
        found.explanation = "never freed though a pointer is left";
        break;
    }
}

std::optional<leak_kind> leak_kind_from(std::string_view error)
{
    if (error == "Leak_DefinitelyLost") return leak_kind::definite;
    if (error == "Leak_IndirectlyLost") return leak_kind::indirect;
    if (error == "Leak_PossiblyLost") return leak_kind::possible;
    if (error == "Leak_StillReachable") return leak_kind::reachable;
    return std::nullopt;
}

// ------------------------------------------------------------------------------------- the reading

std::string trimmed(std::string_view text)
{
    constexpr std::string_view space = " \n\t";
    const std::size_t first = std::min(text.find_first_not_of(space), text.size());
    return std::string{text.substr(first, text.find_last_not_of(space) + 1 - first)};
}

stack_trace read_stack(const pugi::xml_node& element)
{
    stack_trace stack;
    for (const pugi::xml_node& child : element.children("frame")) {
        stack_frame frame;
        frame.address = number_from(child.child_value("ip"));
        frame.object = child.child_value("obj");
        frame.function = child.child_value("fn");
        if (child.child("file")) {
            const std::filesystem::path folder = child.child_value("dir");
            frame.file = (folder / child.child_value("file")).string();
            frame.line = static_cast<int>(number_from(child.child_value("line")));
        }
        stack.push_back(std::move(frame));
    }
    return stack;
}

// An <error>: what, its stack, then notes, each of which may have a stack of its own.
valgrind_finding read_finding(const pugi::xml_node& error)
{
    valgrind_finding found;
    found.thread = static_cast<int>(number_from(error.child_value("tid")));
    const pugi::xml_node xwhat = error.child("xwhat");
    found.text = trimmed(xwhat ? xwhat.child_value("text") : error.child_value("what"));
    for (const pugi::xml_node& child : error.children()) {
        const std::string_view part = child.name();
        if (part == "auxwhat")
            found.notes.push_back({trimmed(child.child_value()), {}});
        else if (part == "xauxwhat")
            found.notes.push_back({child.child_value("text"), {}});
        else if (part == "stack" && found.notes.empty())
            found.stack = read_stack(child);
        else if (part == "stack")
            found.notes.back().stack = read_stack(child);
    }

    const std::string_view name = error.child_value("kind");
    if (const auto kind = leak_kind_from(name)) {
        const std::int64_t size = count_from(xwhat.child_value("leakedbytes"));
        found.leak = {*kind, bytes{direct_size_from(found.text).value_or(size)},
                      count_from(xwhat.child_value("leakedblocks"))};
        explain(found, *kind);
    } else {
        explain(found, name);
    }
    return found;
}

valgrind_signal read_signal(const pugi::xml_node& element)
{
    valgrind_signal fatal;
    fatal.name = element.child_value("signame");
    fatal.event = element.child_value("event");
    fatal.ended.signal = static_cast<int>(number_from(element.child_value("signo")));
    if (const pugi::xml_node address = element.child("siaddr")) {
        fatal.ended.address = number_from(address.child_value());
    }
    fatal.stack = read_stack(element.child("stack"));
    return fatal;
}

valgrind_report read_report(const pugi::xml_node& root)
{
    std::map<std::string, std::int64_t> times; // of each error, by its number; the last count holds
    for (const pugi::xml_node& counts : root.children("errorcounts")) {
        for (const pugi::xml_node& pair : counts.children("pair")) {
            times[pair.child_value("unique")] = count_from(pair.child_value("count"));
        }
    }

    valgrind_report report;
    report.process = count_from(root.child_value("pid"));
    for (const pugi::xml_node& line : root.child("preamble").children("line")) {
        report.preamble.emplace_back(line.child_value());
    }
    for (const pugi::xml_node& child : root.children()) {
        const std::string_view name = child.name();
        if (name == "error") {
            report.findings.push_back(read_finding(child));
            const auto counted = times.find(child.child_value("unique"));
            if (counted != times.end()) report.findings.back().times = counted->second;
        } else if (name == "fatal_signal") {
            report.fatal_signal = read_signal(child);
        } else if (name == "status") {
            report.finished = std::string_view{child.child_value("state")} == "FINISHED";
        }
    }
    return report;
}

struct text_place
{
    std::size_t number = 1; // of the line, from 1
    std::string_view line;
    bool is_last = false; // only white space follows the line
};

text_place place_at(std::string_view text, std::size_t offset)
{
    const std::string_view before = text.substr(0, offset);
    const std::size_t start = before.rfind('\n') + 1; // npos + 1 is 0: the first line
    const std::size_t end = std::min(text.find('\n', offset), text.size());
    return {1 + static_cast<std::size_t>(std::ranges::count(before, '\n')),
            text.substr(start, end - start), trimmed(text.substr(end)).empty()};
}

// When Valgrind was killed, the last element may lack its end. `text` is what `root` was read from.
void remove_unfinished_element(pugi::xml_node root, std::string_view text)
{
    const pugi::xml_node last = root.last_child();
    if (!last) return;
    const std::string end_tag = fmt::format("</{}>", last.name());
    const auto start = static_cast<std::size_t>(last.offset_debug());
    if (text.find(end_tag, start) == std::string_view::npos) root.remove_child(last);
}

} // namespace

std::vector<std::string> valgrind_command(const std::filesystem::path& valgrind, int xml_descriptor)
{
    return {valgrind.string(),
            "--command-line-only=yes", // or a .valgrindrc where the program runs would be obeyed
            "-q",
            "--leak-check=full",
            "--show-leak-kinds=all",
            "--errors-for-leak-kinds=all",
            "--read-inline-info=no", // starts faster; at -O0 nothing is inlined
            "--vex-guest-chase=no",  // so does code that is translated no further than it runs
            "--child-silent-after-fork=yes",
            "--vgdb=no",        // no debugger's pipes in the temporary directory
            "--num-callers=40", // through the library's templates down to the learner's function
            "--xml=yes",
            fmt::format("--xml-fd={}", xml_descriptor)};
}

valgrind_report read_valgrind_xml(const std::filesystem::path& file)
{
    const std::optional<std::string> text = read_file(file);
    if (!text) detail::throw_system_error(ENOENT, "read", file.string());
    if (text->empty()) return {}; // killed before Valgrind wrote anything

    pugi::xml_document document; // on an error it holds what precedes that
    const pugi::xml_parse_result parsed = document.load_buffer(text->data(), text->size());
    const pugi::xml_node root = document.child("valgrindoutput");
    const text_place stop = place_at(*text, static_cast<std::size_t>(parsed.offset));
    const bool cut_short = !parsed && stop.is_last;
    const std::string_view tool = root.child_value("protocoltool");
    const bool is_memchecks = tool == "memcheck" || (root && cut_short && tool.empty());
    if (!is_memchecks || (!parsed && !cut_short)) {
        const text_place where = is_memchecks ? stop : place_at(*text, 0);
        throw parse_error{file.string(), where.number, where.line,
                          "the XML of Valgrind's memcheck"};
    }
    if (cut_short) remove_unfinished_element(root, *text);
    valgrind_report report = read_report(root);
    report.finished = report.finished && !cut_short;
    return report;
}

} // namespace heaplings::tools
