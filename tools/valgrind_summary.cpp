#include "valgrind_report.hpp"

#include "text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace heaplings::tools {

namespace {

// `allocated in make (1_first_malloc.cpp:8) by malloc`, then who called that, as far as it is the
// learner's own.
std::vector<std::string> places(std::string_view verb, const stack_trace& stack,
                                std::string_view learner)
{
    constexpr std::size_t most = 3;
    const auto place = find_place(stack, learner);
    if (place == stack.end()) return {fmt::format("{}outside your file and the spec", verb)};

    const std::string callee = callee_of(stack, place);
    std::vector<std::string> lines = {fmt::format("{}in {}{}{}", verb, place_in_words(*place),
                                                  callee.empty() ? "" : " by ", callee)};
    for (auto caller = std::next(place); caller != stack.end() && lines.size() < most; ++caller) {
        if (!is_in_file(*caller, learner)) continue;
        const std::string line = "called by " + place_in_words(*caller);
        if (line != lines.back()) lines.push_back(line); // a function that calls itself
    }
    return lines;
}

std::string_view verb_of(const valgrind_note& note)
{
    if (note.text.ends_with("free'd")) return "freed ";
    if (note.text.ends_with("alloc'd") || note.text.ends_with("alloc'd at")) return "allocated ";
    return "";
}

// Several findings that look the same to a learner.
struct summary_entry
{
    valgrind_finding found; // the first, with the sums of all
    std::vector<std::string> where;

    [[nodiscard]] bool merge(const summary_entry& other)
    {
        if (found.kind != other.found.kind || where != other.where) return false;
        found.times += other.found.times;
        if (found.leak) {
            found.leak->size += other.found.leak->size;
            found.leak->blocks += other.found.leak->blocks;
        }
        return true;
    }

    [[nodiscard]] std::string title() const
    {
        if (found.leak) {
            return fmt::format("{}: {} in {}, {}", found.kind,
                               quantity(found.leak->size.count(), "byte"),
                               quantity(found.leak->blocks, "block"), found.explanation);
        }
        std::string text = found.kind;
        if (found.times > 1) text += fmt::format(", {} times", found.times);
        if (!found.explanation.empty()) text += ": " + found.explanation;
        return text;
    }
};

// Errors in their order of time, then leaks from definite to reachable.
int rank(const summary_entry& entry)
{
    return entry.found.leak ? 1 + static_cast<int>(entry.found.leak->kind) : 0;
}

std::vector<summary_entry> entries_of(const valgrind_report& report, std::string_view learner)
{
    std::vector<summary_entry> entries;
    for (const valgrind_finding& found : report.findings) {
        if (found.leak && report.fatal_signal) continue; // a crash frees nothing: mend that first
        const std::string_view verb = found.leak ? "allocated " : "";
        const summary_entry fresh{found, places(verb, found.stack, learner)};
        if (std::ranges::none_of(entries, [&](summary_entry& one) { return one.merge(fresh); })) {
            entries.push_back(fresh);
        }
    }
    std::ranges::stable_sort(entries, {}, rank);
    return entries;
}

} // namespace

std::string summarise(const valgrind_report& report, std::string_view learner_file_name)
{
    constexpr std::size_t most = 5;
    constexpr std::size_t margin = 2;
    std::string text;
    const std::vector<summary_entry> entries = entries_of(report, learner_file_name);
    for (std::size_t i = 0; i < std::min(most, entries.size()); ++i) {
        text += wrapped(entries[i].title(), margin);
        for (const std::string& line : entries[i].where) text += wrapped(line, 2 * margin);
        for (const valgrind_note& note : entries[i].found.notes) {
            if (note.stack.empty()) continue;
            for (const std::string& line : places(verb_of(note), note.stack, learner_file_name)) {
                text += wrapped(line, 2 * margin);
            }
        }
    }
    if (entries.size() > most) {
        text += wrapped(fmt::format("and {} more", entries.size() - most), margin);
    }
    if (const auto& fatal = report.fatal_signal) {
        text += wrapped(describe_crash(fatal->ended, fatal->stack, learner_file_name), margin);
    }
    if (!report.finished)
        text += wrapped("Valgrind did not finish: there may be more, leaks too", margin);
    return text;
}

} // namespace heaplings::tools
