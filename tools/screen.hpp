// What a person sees: verdicts, progress and lists, in 80 columns, in colour on a terminal only.
#pragma once

#include "course.hpp"
#include "progress.hpp"
#include "verdict.hpp"

#include <string>
#include <string_view>

namespace heaplings::tools {

class screen
{
public:
    // Colour if standard output is a terminal, NO_COLOR (no-color.org) is unset or empty, and TERM
    // is not dumb.
    screen();
    explicit screen(bool colour) : colour_{colour} {}

    [[nodiscard]] std::string good(std::string_view text) const { return paint("32", text); }
    [[nodiscard]] std::string bad(std::string_view text) const { return paint("31", text); }
    [[nodiscard]] std::string strong(std::string_view text) const { return paint("1", text); }
    [[nodiscard]] std::string quiet(std::string_view text) const { return paint("2", text); }

    // One line: the exercise, the run, and the verdict in a few words.
    [[nodiscard]] std::string headline(const exercise& e, run_kind kind, const verdict& v) const;
    // What to look at, and the first lines that the program printed.
    [[nodiscard]] std::string details(const verdict& v) const;

    // "2 of 5 solved", a bar for each chapter, and the next exercise with its file and command.
    [[nodiscard]] std::string progress_report(const course& all) const;
    // Each exercise with its state; the next one is marked.
    [[nodiscard]] std::string list(const course& all) const;

private:
    [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
    [[nodiscard]] std::string bar(std::size_t solved, std::size_t all) const;

    bool colour_;
};

} // namespace heaplings::tools
